"""ECR17, the protocol of Italian card readers ("Protocollo 17", Nexi Traditional POS)."""
