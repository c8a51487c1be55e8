"""What may be concluded when a device fails: it is not there, it refused, or it did not answer."""


class DeviceError(Exception):
    """Root of this room. The message is one sentence that a cashier can act on."""


class DeviceAbsent(DeviceError):
    """The device could not be opened: nothing was sent, so nothing happened."""


class DeviceRefused(DeviceError):
    """The device answered that it will not do this: nothing happened."""


class DeviceUnanswered(DeviceError):
    """Something was sent and no usable answer came: it may or may not have happened."""
