"""The command `detector`: parse, call, print, choose the exit code. Data on standard output, all else on stderr.

Heavy imports stand inside the commands, so that `--help` answers at once.
"""

import functools
import os
import re
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.errors import DetectorError, OutputError

if TYPE_CHECKING:
    from detector.config import Config
    from detector.enrich import Enriched
    from detector.result import Result

_INTERRUPTED = 130
_TOO_MANY_REJECTS = 3
_PATIENCE_S = 1.5
"""How long Ctrl-C waits for a long calculation to give way before it ends the process."""
_WIDTH = 100

_FOLDER = click.Path(path_type=Path)
_INPUT = click.Path(path_type=str)


class _Commands(click.Group):
    """A group whose commands end in one line on stderr and the right exit code, never in a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except DetectorError as error:
            _tell(str(error))
            ctx.exit(error.exit_code)
        except KeyboardInterrupt as interrupt:
            _tell(f"interrupted, {str(interrupt) or 'nothing was written'}")
            # All is cleaned up; threads may still be at work on what nobody waits for, and end with the process.
            for stream in filter(None, (sys.stdout, sys.stderr)):
                with suppress(OSError):
                    stream.flush()
            os._exit(_INTERRUPTED)
        except BrokenPipeError:
            # The reader of our output has gone (`| head`): nothing is left to say, also not by the interpreter.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except OSError as error:
            # Only printing raises one here: whatever touches files says what went wrong in its own words.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _tell(f"cannot print: {error.strerror}")
            ctx.exit(OutputError.exit_code)


def _tell(message: str) -> None:
    """Say what went wrong, in one line in which no file name acts on the terminal."""
    from detector.report.escape import visible

    click.echo(f"detector: {visible(message)}", err=True)


def _at_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDTH})
@click.version_option(package_name="spamouflage-detector", prog_name="detector")
def main() -> None:
    """Find coordinated comment campaigns in exported comments, with the evidence for and against.

    What is reported is coordination and signs of inauthenticity. It is never said who is behind a campaign, and a
    person must decide what follows.
    """


def _settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the settings as `config`, and the two options that change them."""

    @functools.wraps(command)
    def with_config(*, config_file: Path | None, assignments: tuple[str, ...], **rest: object) -> None:
        command(config=_config(config_file, assignments), **rest)

    with_options = click.option(
        "--set", "assignments", multiple=True, metavar="SECTION.FIELD=VALUE", help="Change one setting; may repeat."
    )(with_config)
    return click.option(
        "--config", "config_file", type=_FOLDER, help="Settings as TOML; `detector config` prints them all."
    )(with_options)


def _reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the settings, and the options that say how an export is to be read."""

    @functools.wraps(command)
    def with_reading(
        *, config: "Config", input_format: str | None, mapping: Path | None, assume_tz: str | None, **rest: object
    ) -> None:
        command(config=_read_as(config, input_format, mapping, assume_tz), **rest)

    with_options = click.option(
        "--assume-tz", metavar="+HH:MM", help="Zone of times that name none, like -05:00; UTC by default."
    )(_settings(with_reading))
    with_options = click.option(
        "--map", "mapping", type=_FOLDER, help='Where canonical fields are, as TOML: text = "body.plain".'
    )(with_options)
    return click.option(
        "--input-format", metavar="NAME", help="Read all records so; recognised by themselves by default."
    )(with_options)


_FORMATS = click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT",
    help="Also write the result as csv, jsonl, xlsx, gexf, graphml, stix, coortweet or qut; may repeat.",
)
"""Named in words, so that help need not load what writes them; what it says is tested."""


@main.command()
@click.argument("inputs", nargs=-1, required=True, type=_INPUT, metavar="INPUT...")
@click.option("-o", "--output", required=True, type=_FOLDER, help="Folder to write; it must not exist yet.")
@click.option("--force", is_flag=True, help="Replace an earlier result in the folder; other files stay.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
@click.option("--allow", type=_FOLDER, help="Texts known to be innocent, one a line: their copies are never flagged.")
@click.option(
    "--memory-limit", metavar="SIZE", help="Most memory to take, like 6GiB; the rest goes to disk beside OUT."
)
@click.option("--enrich", is_flag=True, help="Also write INPUT once more, each record with what was found of it.")
@_FORMATS
@_reading
def scan(
    inputs: tuple[str, ...],
    output: Path,
    force: bool,
    quiet: bool,
    allow: Path | None,
    memory_limit: str | None,
    enrich: bool,
    formats: tuple[str, ...],
    config: "Config",
) -> None:
    """Find campaigns in INPUT: exports of any kind that `detector inspect` knows; `-` is standard input.

    Writes the findings into a folder, whole or not at all: report.html to read, Parquet tables to work with, run.json
    with the settings and counts. A summary goes to stderr.
    """
    config = config.with_allowed(allow) if allow else config
    from detector.report.folder import claim

    started = time.monotonic()
    enriched: list[Enriched] = []
    # Polars' allocator keeps freed memory for some seconds, which a scan is over in; it reads this when it is loaded.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:300,muzzy_decay_ms:300")
    with claim(output, force=force) as held, _interruptible() as writing:
        from detector.memory import parse_size
        from detector.pipeline import scan as scan_comments
        from detector.report.outputs import choose_outputs

        formats = choose_outputs(formats)
        if enrich:
            _check_enrichable(inputs)

        with _progress("scan", is_silent=quiet) as progress:
            result = scan_comments(
                _sources(inputs),
                config,
                progress=progress,
                memory_limit=parse_size(memory_limit) if memory_limit else None,
                # The folder for temporary files is often kept in memory; where the result goes, there is a disk.
                spill_folder=output.absolute().parent,
            )
            progress("writing", 0, None)
            writing()
            enricher = _enricher(inputs, result, enriched) if enrich else None
            result.write(output, force=force, held=held, enrich=enricher, formats=formats)
    if not quiet:
        try:
            _summarise(result, output, time.monotonic() - started)
            _tell_enriched(enriched, output)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"after the result was written to {output}") from None
    if result.run["too_many_rejects"]:
        raise SystemExit(_TOO_MANY_REJECTS)


def _check_enrichable(inputs: tuple[str, ...]) -> None:
    from detector.enrich import check_enrichable

    for path in inputs:
        check_enrichable(path)


def _enricher(inputs: tuple[str, ...], result: "Result", written: "list[Enriched]") -> Callable[[Path], object]:
    from detector.enrich import enrich

    return lambda folder: written.extend(enrich(list(inputs), result, folder))


def _tell_enriched(written: "list[Enriched]", output: Path) -> None:
    if written:
        n_left = sum(file.n_left_out for file in written)
        left = f" ({n_left:,} records in pages of large documents are as they were)" if n_left else ""
        click.echo(f"Enriched  {output / 'enriched'}{left}", err=True)


def _summarise(result: "Result", output: Path, seconds: float) -> None:
    from detector.report.summary import summarise

    summary = summarise(
        result.frames,
        result.run,
        seconds=seconds,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        width=_terminal_width(),
        colour=_at_terminal() and not os.environ.get("NO_COLOR"),
    )
    click.echo(summary, err=True, color=True)
    click.echo(f"\nReport    {output / 'report.html'}", err=True)


@main.command()
@click.argument("inputs", nargs=-1, required=True, type=_INPUT, metavar="INPUT...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Plain words, or all figures.",
)
@_reading
def inspect(
    inputs: tuple[str, ...],
    form: str,
    config: "Config",
) -> None:
    """Tell what is in INPUT: format, gaps, times, targets, and which signals can run on it."""
    with _interruptible(), _progress("inspect", is_silent=False) as progress:
        from detector.inspection import inspect_source

        found = inspect_source(_sources(inputs), config, lambda done, total: progress("reading", done, total))
    if form == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found.to_dict())))
    else:
        click.echo(found.to_text(_terminal_width()), nl=False)
    if found.too_many_rejects:
        raise SystemExit(_TOO_MANY_REJECTS)


@main.command()
@click.argument("inputs", nargs=-1, required=True, type=_INPUT, metavar="INPUT...")
@click.option("-o", "--output", required=True, type=_INPUT, help="File to write: .jsonl or .parquet; `-` is stdout.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@_reading
def convert(
    inputs: tuple[str, ...],
    output: str,
    force: bool,
    config: "Config",
) -> None:
    """Write the comments of INPUT as canonical records, so that a long read is done once.

    Each comment is written once, in the order of their times; what was refused or skipped is counted on stderr.
    """
    with _interruptible() as writing, _progress("convert", is_silent=False) as progress:
        from detector.ingest.convert import check_output, write_comments
        from detector.ingest.nothing import why_nothing
        from detector.ingest.read import read_comments

        check_output(output, force=force)
        found = read_comments(_sources(inputs), config.ingest, lambda done, total: progress("reading", done, total))
        progress("writing", 0, None)
        writing()
        write_comments(found.comments, output, force=force)
    from detector.report.words import fates

    click.echo(f"read as {', '.join(found.formats) or 'nothing'}: {fates(found.counts.to_dict())}", err=True)
    if why := why_nothing(found):
        _tell(why)
    if found.too_many_rejects:
        raise SystemExit(_TOO_MANY_REJECTS)


def _sources(inputs: tuple[str, ...]) -> str | list[str]:
    return inputs[0] if len(inputs) == 1 else list(inputs)


@main.command()
@click.argument("output", metavar="OUT", type=_FOLDER)
@click.argument("subject_id", metavar="ID")
def explain(output: Path, subject_id: str) -> None:
    """Print the evidence for and against ID: a comment, an account, a cluster or a campaign in the result OUT."""
    from detector.result import Result

    click.echo(Result.read(output).explain(subject_id))


@main.command()
@click.argument("output", metavar="OUT", type=_FOLDER)
@_FORMATS
def report(output: Path, formats: tuple[str, ...]) -> None:
    """Write the page report.html of the result OUT again, and the result in FORMAT.

    Files of formats that are not asked for are removed: they would not be those of this result.
    """
    from detector.report.outputs import OUTPUTS, choose_outputs
    from detector.result import Result

    formats = choose_outputs(formats)
    Result.read(output).write(output, force=True, formats=formats)
    for name in ("report.html", *(name for form in formats for name in OUTPUTS[form])):
        click.echo(output / name)


@main.command()
@click.argument("recipe", metavar="SEED.toml", type=_FOLDER)
@click.option("-o", "--output", required=True, type=_FOLDER, help="File of comments to write (JSON Lines).")
@click.option("--truth", type=_FOLDER, help="File of hidden truth to write; beside the comments by default.")
@click.option("--scale", type=float, help="Multiply every number of accounts and comments.")
def simulate(recipe: Path, output: Path, truth: Path | None, scale: float | None) -> None:
    """Generate labelled comments from a recipe: invented people, targets and claims; the truth in a file apart."""
    with _interruptible():
        from detector.lab.simulate import simulate as simulate_comments

        simulation = simulate_comments(recipe, scale=scale)
        simulation.write(output, truth_path=truth)
    click.echo(f"{simulation.comments.height:,} comments in {output}", err=True)


@main.command()
@click.argument("output", metavar="OUT", type=_FOLDER)
@click.option("--truth", required=True, type=_FOLDER, help="JSON Lines with id and label: 1, 0, or null for unknown.")
@click.option("--json", "json_file", type=_FOLDER, help="File for the figures; OUT/evaluation.json by default.")
def evaluate(output: Path, truth: Path, json_file: Path | None) -> None:
    """Compare the result OUT with known truth: precision, recall, false positives by kind and language."""
    from detector.lab.evaluate import evaluate as compare
    from detector.lab.evaluate import read_truth
    from detector.result import Result

    result = Result.read(output)
    figures = compare(result.comments, result.accounts, read_truth(truth))
    _write_json(figures.to_dict(), json_file or output / "evaluation.json")
    click.echo(figures.to_text())


@main.command()
@click.argument("source", metavar="INPUT", type=_INPUT)
@click.option("-o", "--output", type=_FOLDER, help="File for all figures (JSON).")
@click.option("--repeats", type=click.IntRange(1, 1000), default=10, show_default=True, help="Trials of each size.")
@click.option("--quick", is_flag=True, help="Fewer sizes and spreads, and at most five trials of each.")
@_settings
def power(
    source: str,
    output: Path | None,
    repeats: int,
    quick: bool,
    config: "Config",
) -> None:
    """Tell what size of campaign a scan of INPUT would see, by planting invented ones into it.

    Nothing is written into INPUT. Takes a minute or two; large inputs are sampled.
    """
    if source == "-":
        raise click.BadParameter("give a file; standard input is not read here", param_hint="INPUT")
    if output and not output.parent.is_dir():
        raise OutputError(f"cannot write {output}: {output.parent} is no folder")
    with _interruptible(), _progress("power", is_silent=False) as progress:
        from detector.lab.power import estimate_power

        found = estimate_power(source, config, repeats=repeats, is_quick=quick, progress=progress)
    click.echo(found.to_text(), nl=False)
    if output:
        _write_json(found.to_dict(), output)
    if found.too_many_rejects:
        raise SystemExit(_TOO_MANY_REJECTS)


def _write_json(values: object, path: Path) -> None:
    import msgspec

    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(values)) + b"\n")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from None


@main.command()
@click.argument("name", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "markdown"]),
    default="json",
    show_default=True,
    help="JSON Schema for programs, or a page for people.",
)
def schema(name: str | None, form: str) -> None:
    """Print the shape of what a scan writes as JSON Schema: of the table NAME, of rejects or run, or of all."""
    from detector.report.json_schema import NAMES, json_schema, to_markdown

    if form == "markdown":
        click.echo(to_markdown(), nl=False)
        return
    import msgspec

    found = json_schema(name) if name else {name: json_schema(name) for name in NAMES}
    click.echo(msgspec.json.format(msgspec.json.encode(found)))


@main.command()
@_settings
def config(config: "Config") -> None:
    """Print all settings as TOML, after a file and changes given."""
    click.echo(config.to_toml(), nl=False)


def _config(config_file: Path | None, assignments: tuple[str, ...]) -> "Config":
    from detector.config import Config

    config = Config.from_toml(config_file) if config_file else Config()
    return config.with_settings(assignments)


def _read_as(config: "Config", input_format: str | None, mapping: Path | None, assume_tz: str | None) -> "Config":
    """Return settings with what the options say of the export."""
    assignments = [f"ingest.input_format={input_format}"] if input_format else []
    if assume_tz:
        match = re.fullmatch(r"([+-]?)(\d{1,2}):?(\d\d)", assume_tz)
        if not match or int(match[3]) > 59:
            raise click.BadParameter("write hours and minutes east of UTC, like -05:00", param_hint="--assume-tz")
        minutes = (int(match[2]) * 60 + int(match[3])) * (-1 if match[1] == "-" else 1)
        assignments.append(f"ingest.assume_utc_offset_min={minutes}")
    config = config.with_settings(assignments)
    return config.with_mapping(mapping) if mapping else config


def _terminal_width() -> int:
    import shutil

    return shutil.get_terminal_size((_WIDTH, 24)).columns


@contextmanager
def _progress(command: str, *, is_silent: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show on stderr how far a command has come; nothing where stderr is no terminal."""
    if is_silent or not _at_terminal():
        yield lambda _stage, _done, _total: None
        return
    from detector.report.progress import CONVERT, INSPECT, POWER, SCAN, shown

    with shown({"scan": SCAN, "power": POWER, "convert": CONVERT, "inspect": INSPECT}[command]) as tell:
        yield tell


@contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C end the process within two seconds, whatever library it is in; yields "now we are writing".

    The interpreter only looks at signals between its own steps, and one step may be a long sort. A thread that hears
    of the signal through a pipe ends the process if the step does not; not while writing, which gives way by itself
    and cleans up behind itself.
    """
    import polars as pl  # noqa: F401  (it resets how signals treat blocking reads, so it must come first)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    signal.siginterrupt(signal.SIGINT, True)
    heard, tell = os.pipe()
    os.set_blocking(tell, False)
    done = threading.Event()
    earlier = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)

    def watch() -> None:
        while (number := os.read(heard, 1)) and number[0] != signal.SIGINT:
            pass
        if number and not done.wait(_PATIENCE_S):
            os.write(2, b"detector: interrupted, nothing was written\n")
            os._exit(_INTERRUPTED)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield done.set
    finally:
        done.set()
        signal.set_wakeup_fd(earlier)
        os.close(tell)
