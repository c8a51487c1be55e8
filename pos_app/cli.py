"""`pos-terminal …`: one thin function a subcommand; what it needs is imported inside it, so that `--help` is light."""

import sys
from pathlib import Path
from typing import Any

import click

VERSION = "0.1.0"
UNREAD = 3

PROFILE = click.option("--profile", metavar="NAME", help="Hardware profile: a name or a file (default: settings).")
SETTINGS = click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), help="Settings file instead of the system's."
)
DAY = click.DateTime(["%Y-%m-%d"])
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


class PlainWords(click.Group):
    """Turns what went wrong into one sentence and the exit code of interfaces.md; never a traceback without --debug."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            from pos_app.composition.mistakes import explain  # noqa: PLC0415 - only when something is wrong

            sentence, code = explain(error)
            click.echo(sentence, err=True)
            sys.exit(code)


@click.group(cls=PlainWords, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="pos-terminal")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def main(debug: bool) -> None:  # noqa: FBT001 - click hands flags over by name
    """Takes payments of pagoPA notices: scan, activate, charge, report, print."""


@main.command()
@PROFILE
@SETTINGS
@click.option("--image", "images", multiple=True, type=click.Path(path_type=Path), help="Picture of the notice.")
@click.option("--video", type=click.Path(path_type=Path), help="Video of the notice, shown as to a camera.")
@click.option("--camera", is_flag=True, help="Hold the notice up to the profile's scanner.")
@click.option("--code", help="The text of the notice's QR code or Data Matrix.")
@click.option("--notice", help="Notice number, 18 digits; with --creditor and --amount.")
@click.option("--creditor", help="The creditor institution's fiscal code, 11 digits.")
@click.option("--amount", help="Amount in cents.")
@click.option("--yes", is_flag=True, help="Agree to what is shown.")
@click.option("--accept-changed-amount", is_flag=True, help="With --yes: agree to a raised total too.")
@click.option("--lang", type=click.Choice(["it", "de", "fr", "sl", "en"]), help="Language of screen and paper.")
@JSON
def pay(**asked: Any) -> None:
    """One payment. Exit 0 paid · 3 not paid, nothing charged · 4 uncertain or a case · 7 charged and reversed."""
    from pos_app.composition.paying import pay as command  # noqa: PLC0415 - see the module's first line

    sys.exit(command(**asked))


@main.command()
@PROFILE
@SETTINGS
def run(**asked: Any) -> None:
    """The terminal: recovery first, then one payment after the other until Ctrl-C."""
    from pos_app.composition.running import run as command  # noqa: PLC0415 - see the module's first line

    sys.exit(command(**asked))


@main.command()
@PROFILE
@SETTINGS
def recover(**asked: Any) -> None:
    """Resolve what a crash left open. Exit 0 nothing left open · 4 something needs a person."""
    from pos_app.composition.running import recover as command  # noqa: PLC0415 - see the module's first line

    sys.exit(command(**asked))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line a file.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Files read at a time.")
def scan(files: tuple[Path, ...], as_json: bool, jobs: int) -> None:  # noqa: FBT001 - click hands flags over by name
    """Read the codes in pictures, folders of pictures, and videos. Exit 3: a file could not be read."""
    import json  # noqa: PLC0415 - see the module's first line

    from pos_app.scanning import scan_files, told  # noqa: PLC0415 - the same

    unread = False
    for line in scan_files(files, jobs):
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else told(line))
        unread |= "problem" in line
    sys.exit(UNREAD if unread else 0)


@main.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8480, show_default=True, help="0: a free one.")
@click.option("--registry", type=click.Path(path_type=Path), help="Registry of PSPs, stations and creditors (JSON).")
@click.option("--notices", type=click.Path(path_type=Path), help="Debt positions (JSON).")
@click.option("--state", type=click.Path(path_type=Path), help="Keeps positions and receipts over a restart.")
@click.option("--keep-calls", type=click.IntRange(min=0), default=2000, show_default=True)
@click.option("--tls-cert", type=click.Path(path_type=Path))
@click.option("--tls-key", type=click.Path(path_type=Path))
@click.option("--client-ca", type=click.Path(path_type=Path))
@click.pass_context
def sandbox(context: click.Context, /, **options: Any) -> None:
    """PSP backend, Node and creditor institution on one port."""
    if context.invoked_subcommand is not None:
        context.obj = options
        return
    from pos_app.sandbox.sandbox import SandboxOptions  # noqa: PLC0415 - see the module's first line
    from pos_app.sandbox.server import serve  # noqa: PLC0415 - the same

    serve(SandboxOptions(**options))


@sandbox.command("notices")
@click.option("--pdf", "folder", type=click.Path(path_type=Path), required=True, help="Folder for the printed notices.")
@click.pass_obj
def sandbox_notices(options: dict[str, Any], folder: Path) -> None:
    """Print the sandbox's notices as A4 pages with their QR code and Data Matrix."""
    from pos_app.sandbox.printed import print_notices  # noqa: PLC0415 - see above

    for path in print_notices(folder, options["registry"], options["notices"]):
        click.echo(path)


@main.group()
def simulate() -> None:
    """A device's double as a program."""


@simulate.command("card-reader")
@click.option("--pty", type=click.Path(path_type=Path), help="Symbolic link to make to the pseudo-terminal.")
@click.option("--tcp", metavar="HOST:PORT")
@click.option("--script", type=click.Path(path_type=Path), help="How it misbehaves (TOML or JSON).")
@click.option("--lrc", default="frame", show_default=True, help="Which bytes its check covers.")
@click.option("--terminal-id", help="8 digits.")
@click.option("--state", type=click.Path(path_type=Path), help="Keeps its last result and its ledger.")
def simulate_card_reader(**options: Any) -> None:
    """An ECR17 card reader that takes no real money."""
    from drivers.card_reader.ecr17.simulator.program import DoubleOptions, serve  # noqa: PLC0415 - see above

    serve(DoubleOptions(**options))


@simulate.command("printer")
@click.option("--pty", type=click.Path(path_type=Path), help="Symbolic link to make to the pseudo-terminal.")
@click.option("--tcp", metavar="HOST:PORT")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the papers.")
@click.option("--script", type=click.Path(path_type=Path), help="How it misbehaves (TOML).")
@click.option("--width", type=click.Choice(["48", "42", "32"]), default="48", show_default=True, help="Columns.")
def simulate_printer(**options: Any) -> None:
    """An ESC/POS receipt printer; each paper as PNG, text and JSON."""
    from pos_app.composition.doubles import simulate_printer as command  # noqa: PLC0415 - see above

    command(**options)


@main.group("print")
def print_group() -> None:
    """The printer by hand; not while the terminal runs."""


@print_group.command("test")
@PROFILE
@SETTINGS
def print_test(**asked: Any) -> None:
    """Print the test page: code page, width, sizes, code, cut. Exit 0 proven · 3 not printed · 4 look at it."""
    from pos_app.composition.printing import print_test as command  # noqa: PLC0415 - see the module's first line

    sys.exit(command(**asked))


@print_group.command("reprint")
@click.argument("payment_id")
@click.option("--copy", "copies", multiple=True, metavar="NAME", help="Which paper (default: what nobody has yet).")
@click.option("--yes", is_flag=True, help="Ask nothing, also at a terminal.")
@PROFILE
@SETTINGS
def print_reprint(**asked: Any) -> None:
    """Print a payment's papers again, marked (id or operation number). Exit 0 proven · 3 not printed · 4 look."""
    from pos_app.composition.printing import reprint as command  # noqa: PLC0415 - see the module's first line

    sys.exit(command(**asked))


@print_group.command("logo")
@click.argument("picture", type=click.Path(path_type=Path))
@PROFILE
@SETTINGS
def print_logo(**asked: Any) -> None:
    """Store a picture in the printer's own memory, under the key that the profile names ([printer] logo)."""
    from pos_app.composition.printing import print_logo as command  # noqa: PLC0415 - see the module's first line

    sys.exit(command(**asked))


@main.group()
def reader() -> None:
    """The card reader by hand; never a charge."""


PORT = click.option("--port", metavar="URL", help="Another port than the profile's: a device, or socket://HOST:PORT.")


@reader.command("status")
@PROFILE
@SETTINGS
@PORT
@JSON
def reader_status(**asked: Any) -> None:
    """Whether it can charge. Exit 0 ready · 1 not ready · 3 it can't be asked."""
    from pos_app.composition.readers import status as command  # noqa: PLC0415 - see above

    sys.exit(command(**asked))


@reader.command("last")
@PROFILE
@SETTINGS
@PORT
@JSON
def reader_last(**asked: Any) -> None:
    """The last result that it saved."""
    from pos_app.composition.readers import last as command  # noqa: PLC0415 - see above

    sys.exit(command(**asked))


@reader.command("totals")
@PROFILE
@SETTINGS
@PORT
@JSON
def reader_totals(**asked: Any) -> None:
    """Its totals since its session was opened."""
    from pos_app.composition.readers import totals as command  # noqa: PLC0415 - see above

    sys.exit(command(**asked))


@reader.command("reprint")
@PROFILE
@SETTINGS
@PORT
@JSON
def reader_reprint(**asked: Any) -> None:
    """Its last receipt, as text."""
    from pos_app.composition.readers import reprint as command  # noqa: PLC0415 - see above

    sys.exit(command(**asked))


@reader.command("close")
@PROFILE
@SETTINGS
@PORT
@JSON
def reader_close(**asked: Any) -> None:
    """Close its session, which empties its totals. Exit 3 not closed · 4 a charge is still undecided."""
    from pos_app.composition.readers import close as command  # noqa: PLC0415 - see above

    sys.exit(command(**asked))


@reader.command("accept")
@click.option("--operator", required=True, metavar="NAME", help="Who vouches for it.")
@click.option("--reason", required=True, help="What the reader was used for.")
@PROFILE
@SETTINGS
@PORT
def reader_accept(**asked: Any) -> None:
    """Out of exit 6 where the reader was used without this terminal. Exit 3: there is nothing to accept."""
    from pos_app.composition.readers import accept as command  # noqa: PLC0415 - see above

    sys.exit(command(**asked))


@main.group()
def journal() -> None:
    """Read the journal; all but `quarantine` works while the terminal runs."""


@journal.command("list")
@SETTINGS
@JSON
def journal_list(**asked: Any) -> None:
    """All payments, oldest first."""
    from pos_app.composition.reading import list_payments  # noqa: PLC0415 - see above

    list_payments(**asked)


@journal.command("show")
@click.argument("payment_id")
@SETTINGS
@JSON
def journal_show(**asked: Any) -> None:
    """Every record of one payment (an id, or an operation number)."""
    from pos_app.composition.reading import show_payment  # noqa: PLC0415 - see above

    sys.exit(show_payment(**asked))


@journal.command("search")
@click.option("--notice", metavar="NUMBER", help="The notice number, or its last digits.")
@click.option("--last4", metavar="DIGITS", help="The last four digits of the card.")
@click.option("--date", "day", type=DAY, help="The day, as in Rome.")
@SETTINGS
@JSON
def journal_search(**asked: Any) -> None:
    """The payments that fit all that is named. Exit 3 where there is none."""
    from pos_app.composition.reading import search  # noqa: PLC0415 - see above

    sys.exit(search(**asked))


@journal.command("export")
@click.option("--from", "first", type=DAY, help="The first day, as in Rome (default: the very first).")
@click.option("--to", "last", type=DAY, help="The last day (default: the very last).")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@SETTINGS
def journal_export(**asked: Any) -> None:
    """What settlement needs of each payment: amounts in cents, times in UTC, the settlement report's hint."""
    from pos_app.composition.reading import export  # noqa: PLC0415 - see above

    export(**asked)


@journal.command("quarantine")
@click.option("--reason", required=True, help="Why; it stands in every case that comes of it.")
@click.option("--although-it-verifies", is_flag=True, help="Also where nothing is wrong with the files.")
@SETTINGS
def journal_quarantine(**asked: Any) -> None:
    """Out of a locked journal: keep it aside, begin a new one, make cases of what was open."""
    from pos_app.composition.reading import quarantine  # noqa: PLC0415 - see above

    sys.exit(quarantine(**asked))


@journal.command("verify")
@SETTINGS
def journal_verify(**asked: Any) -> None:
    """Walk every chain, every seal and the head. Exit 6 where they don't fit."""
    from pos_app.composition.reading import verify  # noqa: PLC0415 - see above

    verify(**asked)


@main.group()
def cases() -> None:
    """The finance queue: what a person must look at."""


@cases.command("list")
@SETTINGS
@JSON
def cases_list(**asked: Any) -> None:
    """All open cases, why, and what may be ruled."""
    from pos_app.composition.queues import list_cases  # noqa: PLC0415 - see above

    list_cases(**asked)


@cases.command("show")
@click.argument("payment_id")
@SETTINGS
@JSON
def cases_show(**asked: Any) -> None:
    """A case with its evidence."""
    from pos_app.composition.queues import show_case  # noqa: PLC0415 - see above

    show_case(**asked)


@cases.command("rule")
@click.argument("payment_id")
@click.option("--verdict", required=True, help="One of those that `cases list` shows.")
@click.option("--operator", required=True, metavar="NAME")
@click.option("--reason", required=True)
@PROFILE
@SETTINGS
def cases_rule(**asked: Any) -> None:
    """Rule, and do at once what follows. Exit 0 nothing left open · 3 not allowed · 4 something is still open."""
    from pos_app.composition.queues import rule_case  # noqa: PLC0415 - see above

    sys.exit(rule_case(**asked))


@main.group()
def outbox() -> None:
    """Outcomes that got no answer yet."""


@outbox.command("list")
@SETTINGS
@JSON
def outbox_list(**asked: Any) -> None:
    """What is unsent, with its counter of tries."""
    from pos_app.composition.queues import list_outbox  # noqa: PLC0415 - see above

    list_outbox(**asked)


@outbox.command("retry")
@click.argument("payment_id")
@PROFILE
@SETTINGS
def outbox_retry(**asked: Any) -> None:
    """Send it now. Exit 0 answered · 4 still open."""
    from pos_app.composition.queues import retry_now  # noqa: PLC0415 - see above

    sys.exit(retry_now(**asked))


@outbox.command("reset")
@click.argument("payment_id")
@click.option("--operator", default="", metavar="NAME")
@PROFILE
@SETTINGS
def outbox_reset(**asked: Any) -> None:
    """Set the counter back and send now. Exit 0 answered · 4 still open."""
    from pos_app.composition.queues import reset_counter  # noqa: PLC0415 - see above

    sys.exit(reset_counter(**asked))


@main.group()
def profile() -> None:
    """Hardware profiles."""


@profile.command("list")
def profile_list() -> None:
    """The profiles of this terminal."""
    import hw_profiles  # noqa: PLC0415 - see above

    for name in hw_profiles.names():
        click.echo(name)


@profile.command("show")
@click.argument("name")
def profile_show(name: str) -> None:
    """A profile with all its options."""
    from pos_app.composition.reading import show_profile  # noqa: PLC0415 - see above

    show_profile(name)


@profile.command("check")
@click.argument("name")
def profile_check(name: str) -> None:
    """Every mistake of a profile at once. Exit 5 where there is one."""
    from pos_app.composition.reading import check_profile  # noqa: PLC0415 - see above

    check_profile(name)


@profile.command("schema")
def profile_schema() -> None:
    """The JSON schema of a profile."""
    from pos_app.composition.reading import profile_schema as command  # noqa: PLC0415 - see above

    command()


@main.group()
def settings() -> None:
    """The terminal's settings."""


@settings.command("show")
@SETTINGS
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
def settings_show(**asked: Any) -> None:
    """Every value; secrets are hidden."""
    from pos_app.composition.reading import show_settings  # noqa: PLC0415 - see above

    show_settings(**asked)


@settings.command("check")
@SETTINGS
def settings_check(**asked: Any) -> None:
    """Every mistake at once. Exit 5 where there is one."""
    from pos_app.composition.reading import check_settings  # noqa: PLC0415 - see above

    check_settings(**asked)


@settings.command("schema")
def settings_schema() -> None:
    """The JSON schema of the settings file."""
    from pos_app.composition.reading import settings_schema as command  # noqa: PLC0415 - see above

    command()
