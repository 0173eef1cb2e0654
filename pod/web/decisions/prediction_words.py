"""What pages call predictions, their conditions, bets and what came of them. This file decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from decisions.bets import MAX_BET
from decisions.evaluation import FEWEST_EVALUATIONS
from pod.actions.reading.decisions.forecasts import StatementForecast
from pod.actions.reading.decisions.poll_words import VisibleStatement
from pod.actions.reading.decisions.polls import VisiblePoll
from pod.actions.reading.decisions.predictions import EvaluationSight, StatementSight
from pod.plots.forecasts import spread_of
from pod.translations import Translator
from pod.web.decisions.wording import option_name


def statement_name(say: Translator, one: VisibleStatement, number: int) -> str:
    """What a prediction says; a number where its words aren't shown."""
    return say("Prediction %(number)s", number=say.number(number)) if one.withheld else one.statement


def condition_sentence(say: Translator, poll: VisiblePoll, one: VisibleStatement) -> str:
    """Under which condition a prediction is looked at."""
    terms = [
        say("“%(proposal)s” is chosen", proposal=option_name(say, poll, term.proposal))
        if term.implemented
        else say("“%(proposal)s” isn't chosen", proposal=option_name(say, poll, term.proposal))
        for term in one.condition.terms
    ]
    joined = (say(" and ") if one.condition.every else say(" or ")).join(terms)
    return say("If %(condition)s", condition=joined)


def share(say: Translator, value: float | Fraction, decimals: int = 0) -> str:
    """A share as per cent."""
    return f"{say.number(round(float(value) * 100, decimals or None))}\u00a0%"


def bet_words(say: Translator, bet: int) -> str:
    """A bet in thousandths as per cent."""
    return share(say, Fraction(bet, MAX_BET), 1) if bet % 10 else share(say, Fraction(bet, MAX_BET))


def forecast_sentence(say: Translator, one: StatementSight) -> str:
    """What the bets on a prediction say; empty before they are opened."""
    return bets_words(say, one.forecast) if one.forecast is not None else ""


def bets_words(say: Translator, told: StatementForecast) -> str:
    """What the bets on a statement say: all together, the median, a band, how many."""
    spread = spread_of(list(told.bets.values()))
    if spread is None or told.combined is None:
        return say("Nobody bet on it.")
    return say.many(
        "All together: %(combined)s. %(count)s bet: %(median)s.",
        "All together: %(combined)s. %(count)s bets, median %(median)s, nine of ten within %(low)s to %(high)s.",
        len(told.bets),
        combined=share(say, told.combined),
        median=share(say, spread[2]),
        low=share(say, spread[0]),
        high=share(say, spread[-1]),
    )


def place_sentence(say: Translator, one: StatementSight) -> str:
    """Why a prediction stands where it does; empty before bets are opened."""
    if one.forecast is None or not one.forecast.bets:
        return ""
    weight = say.number(round(float(Fraction(one.forecast.weight)), 2))
    if one.forecast.opposed:
        return say("Stands here because its bets are opposed; the scores of who bet sum to %(weight)s.", weight=weight)
    return say("Stands here because the scores of who bet sum to %(weight)s.", weight=weight)


def evaluation_sentences(say: Translator, found: EvaluationSight | None, now: int) -> Iterator[str]:
    """What people found of a prediction, or when they will look."""
    if found is None:
        return
    if now < found.begins:
        yield say(
            "Its condition holds. From %(moment)s on people say whether it came true.", moment=say.moment(found.begins)
        )
        return
    counts = {"yes": say.number(found.yes), "no": say.number(found.no)}
    if found.happened is True:
        yield say("It came true: %(yes)s yes, %(no)s no.", **counts)
    elif found.happened is False:
        yield say("It didn't come true: %(yes)s yes, %(no)s no.", **counts)
    else:
        yield say(
            "Undecided: %(yes)s yes, %(no)s no. At least %(fewest)s have to say something, and not as many yes as no.",
            fewest=say.number(FEWEST_EVALUATIONS),
            **counts,
        )
    if now < found.ends:
        yield say("People may say so, and think again, until %(moment)s.", moment=say.moment(found.ends))
