"""What a poll's proposals, predictions and bets are in words, and what of it the reader can do. It decides nothing."""

from __future__ import annotations

import msgspec

from pod.actions.decisions.poll_course import Phase
from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.actions.reading.decisions.poll_words import VisibleOption, VisibleStatement
from pod.plots.forecasts import Forecast, forecast_strips
from pod.plots.plot import Plot
from pod.translations import Translator
from pod.web.decisions.phase_tabs import Tab, phase_tabs
from pod.web.decisions.prediction_words import bet_words, bets_words, condition_sentence
from pod.web.decisions.status_sentence import NEEDED
from pod.web.group.wording import member_name


class StatementView(msgspec.Struct, frozen=True):
    """A prediction: what will be true when, under which condition; `bet`: what the reader said of it."""

    id: str
    statement: str
    text: str
    condition: str
    due: str
    by: str
    bet: str


class PhaseView(msgspec.Struct, frozen=True, kw_only=True):
    """What one says in a poll before voting. `tabs`: the pages of its phases.

    `way`: where they do, and what that is called. `bets`: how many are still lacking, in words.
    """

    tabs: tuple[Tab, ...]
    way: tuple[str, str]
    statements: tuple[StatementView, ...]
    bets: str
    hidden: bool
    forecasts: Plot | None


def phase_view(say: Translator, seen: PollPageSight, path: str) -> PhaseView:
    """What the page shows of the phases before voting."""
    sight, stage = seen.sight, seen.sight.status.stage
    capability = NEEDED.get(stage, "")
    may = capability if capability in sight.may else ""
    ways = {
        "propose": (say("Propose something"), f"{path}/proposals#propose"),
        "predict": (say("Say what would follow"), f"{path}/predictions#predict"),
        "bet": (say("Bet"), f"{path}/bets"),
    }
    return PhaseView(
        tabs=phase_tabs(say, path, sight.poll.lengths, ""),
        way=ways.get(may, ("", "")),
        statements=statement_views(say, seen),
        bets=bets_sentence(say, seen) if may == "bet" else "",
        hidden=stage == Phase.BETS,
        forecasts=forecasts_of(say, seen),
    )


def statement_views(say: Translator, seen: PollPageSight) -> tuple[StatementView, ...]:
    """The poll's predictions, in the order in which they were made."""
    return tuple(_statement(say, seen, one) for one in seen.sight.statements)


def _statement(say: Translator, seen: PollPageSight, one: VisibleStatement) -> StatementView:
    bet = (seen.sight.bets or {}).get(one.id)
    return StatementView(
        id=one.id,
        statement=say("A statement that this pod doesn't show") if one.withheld else one.statement,
        text=one.text,
        condition=condition_sentence(say, seen.sight.poll, one),
        due=say.day(one.due_at - 1),
        by=member_name(say, one.author, seen.nicknames.get(one.author, "")),
        bet="" if bet is None else say("you said %(bet)s", bet=bet_words(say, bet)),
    )


def forecasts_of(say: Translator, seen: PollPageSight, option: str = "") -> Plot | None:
    """What people bet, as a picture: on all statements, or on those whose condition names an option."""
    found = [
        Forecast(f"{one.condition}: {one.statement}", tuple(told.bets.values()), told.combined)
        for one, known in zip(statement_views(say, seen), seen.sight.statements, strict=True)
        if (told := seen.forecasts.get(known.id)) is not None
        and (not option or option in {term.proposal for term in known.condition.terms})
    ]
    return forecast_strips(say, found, key=f"bets-{option}" if option else "bets") if found else None


def forecast_words(say: Translator, seen: PollPageSight, option: str) -> tuple[str, ...]:
    """What people bet on what follows from one option, in words: all together, the median, a band, how many."""
    told = []
    for one, known in zip(statement_views(say, seen), seen.sight.statements, strict=True):
        forecast = seen.forecasts.get(known.id)
        if forecast is not None and option in {term.proposal for term in known.condition.terms}:
            told.append(f"{one.condition}: {one.statement} – {bets_words(say, forecast)}")
    return tuple(told)


def bets_sentence(say: Translator, seen: PollPageSight) -> str:
    """How many statements the reader has bet on."""
    bets, statements = seen.sight.bets or {}, seen.sight.statements
    done = sum(one.id in bets for one in statements)
    return say("%(done)s of %(all)s done.", done=done, all=len(statements))


def gap_sentence(say: Translator, seen: PollPageSight, cost: float) -> str:
    """What it costs to leave out a statement (decisions §2, predictor score); empty where nothing is left."""
    bets = seen.sight.bets or {}
    left = sum(one.id not in bets for one in seen.sight.statements)
    if not left:
        return ""
    return say.many(
        "%(count)s is left. If three others bet on it and disagree, leaving it out lowers your predictor score by"
        " %(cost)s of 100 points.",
        "%(count)s are left. If three others bet on one and disagree, leaving it out lowers your predictor score by"
        " %(cost)s of 100 points, once for this poll, however many you leave out.",
        left,
        cost=say.number(round(100 * cost, 2)),
    )


def option_notes(say: Translator, seen: PollPageSight, option: VisibleOption) -> str:
    """What is to say of a proposal beside its words."""
    notes = [
        say("proposed by %(name)s", name=member_name(say, option.author, seen.nicknames.get(option.author, "")))
        if option.author is not None
        else "",
        say("its author no longer stands behind it; it can be chosen all the same") if option.withdrawn else "",
        say("this pod doesn't show its words; it can be chosen all the same") if option.withheld else "",
        say("on its way: it counts if the log has it in time") if option.waits else "",
    ]
    return " · ".join(note for note in notes if note)


def option_text(option: VisibleOption) -> str:
    """The words of an option below its title."""
    return option.text or "\n\n".join(paragraph.text for paragraph in option.paragraphs)
