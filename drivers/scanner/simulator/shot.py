"""Everything about one frame that can be chosen: pose, paper, light, lens, sensor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shot:
    """Everything that makes one frame differ from another. Angles in degrees, blur in pixels of the frame."""

    width: int = 1280
    height: int = 720
    pixels_per_module: float = 3.6  # at the code aimed at
    turn: float = 0.0  # in the plane of the sheet
    tilt: float = 0.0  # out of the plane of the frame
    tilt_axis: float = 0.0  # 0: the tilt axis is horizontal
    offset: tuple[float, float] = (0.0, 0.0)  # of the aimed code from the middle, in fractions of the frame
    curl: float = 0.0  # millimetres of crest
    paper: float = 0.86  # reflectance
    ink: float = 0.05  # reflectance
    defocus: float = 0.4  # radius
    motion: float = 0.0  # length
    motion_angle: float = 0.0
    exposure: float = 0.9
    lamp: float = 0.2  # fall of brightness across the frame, 0..1
    shadow: float = 0.0  # depth, 0..1
    glare: float = 0.0  # sigma as a fraction of the code's side
    finger: float = 0.0  # how far it reaches over the code, as a fraction of its side
    screen: float = 0.0  # contrast of the pixel grid of a screen that shows the sheet, 0..1
    screen_pitch: float = 0.27  # millimetres
    electrons: float = 4000.0  # of a white pixel
    jpeg: int = 85
    inverted: bool = False  # light on dark, as a phone in dark mode shows it
    colour: bool = False
