"""Every exception that mdlbench raises on purpose.

MdlbenchError                 base: one clear line, naming what, where and the remedy
├── UsageError                the call cannot be carried out as written (exit code 2)
│   ├── SpecError             a model spec does not parse, or names what is not there
│   ├── MissingExtraError     an optional package is not installed
│   ├── MissingCorpusError    a known corpus has not been fetched
│   └── MissingInputError     data to read are not there (exit code 1, as of every file that cannot be read)
├── CorpusError               a corpus is not what its digests say, or could not be fetched
├── ModelMismatchError        the model at hand is not the one that wrote the container
├── EnvironmentMismatchError  the model is, but this software or device is not
├── ContainerError            the container's bytes are not what its format says
│   ├── DamagedError          ... a check failed: some bytes changed
│   ├── TruncatedError        ... it ends too early
│   ├── DamagedBlockError     ... one block does not match its checksum
│   └── SalvagedError         ... what could be recovered was written, but something was lost
├── ResultError               a result file is not what its format says
├── NotADistributionError     a model gave weights that are no probabilities
├── PredictorError            an own predictor raised something
├── NetworkError              a network failed while it predicted
├── VerificationError         what was just written did not decode to the same bytes
└── InterruptedRunError       the user stopped the run
"""


class MdlbenchError(Exception):
    """Base of all errors that mdlbench raises on purpose; its text is one line for the user."""

    exit_code = 1


class UsageError(MdlbenchError):
    """The call cannot be carried out as written."""

    exit_code = 2


class SpecError(UsageError):
    """A model spec does not parse, or names a model or option that does not exist."""


class MissingExtraError(UsageError):
    """An optional package is not installed; the text says which `pip install` mends it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} is not installed; run: pip install 'mdlbench[{extra}]'")


class MissingCorpusError(UsageError):
    """A known corpus has not been fetched."""

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(f"{name} is not fetched; run: mdlbench corpus fetch {name}{hint}")


class MissingInputError(UsageError, FileNotFoundError):
    """Data to read are not there: neither a file nor, where those have names, a corpus; a `FileNotFoundError` too."""

    exit_code = 1  # as of every file that cannot be read


class CorpusError(MdlbenchError):
    """A corpus is not what its size and digests say, or could not be fetched."""


class ModelMismatchError(MdlbenchError):
    """The model given (or built in) is not the one named by the container's digest."""


class EnvironmentMismatchError(MdlbenchError):
    """The container was written under other software or on another device."""


class ContainerError(MdlbenchError):
    """The bytes of a container are not what its format says."""


class DamagedError(ContainerError):
    """A check of the container failed: at least one byte changed since it was written."""


class TruncatedError(ContainerError):
    """A container ends before its trailer."""


class DamagedBlockError(ContainerError):
    """A block does not decode to the bytes its checksum was taken of."""


class SalvagedError(ContainerError):
    """What could be recovered was written, but something was lost."""


class VerificationError(MdlbenchError):
    """A container that was just written did not decode to the bytes that went in."""


class ResultError(MdlbenchError):
    """A file of results is not what its format says."""


class NotADistributionError(MdlbenchError, ValueError):
    """Weights that are negative, infinite, NaN or all zero cannot be turned into integer counts."""


class PredictorError(MdlbenchError):
    """A predictor's own code raised something, which is this error's `__cause__`, or wanted to exit."""


class NetworkError(MdlbenchError):
    """A network raised something while it predicted, or gave what are no logits."""


class InterruptedRunError(MdlbenchError):
    """The user stopped the run; the exit code is 128 + the signal's number, 130 for an interrupt."""

    def __init__(self, text: str, signal: int = 2) -> None:
        super().__init__(text)
        self.exit_code = 128 + signal
