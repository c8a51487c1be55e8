"""Paper: a closed payment becomes a document; its width and the printer's language are a driver's business."""
