"""One request from a request and the answers to the questions that it led to: nothing is remembered but words."""

from agent.understanding import explain
from agent.understanding.answering import ALONE, Case, rewrites
from agent.understanding.choosing import agrees, choice, names_a_thing, refuses
from agent.understanding.replies import Asking
from agent.understanding.world import World
from tools.core.plan import Plan, Question


def completed(words: list[str], world: World) -> str:
    """The request (the first of the words) as it reads with the answers (the others) put in."""
    request = words[0]
    for answer in words[1:]:
        request = _answered(request, answer.strip(), world)
    return request


def _answered(request: str, answer: str, world: World) -> str:
    """The request with one more answer in it; unchanged when the answer is "no"."""
    question = explain(request, world).outcome
    if not answer or not isinstance(question, Asking):
        return _more(request, answer, question, world)
    picked = choice(answer, question.options)
    if picked is None and refuses(answer):
        return request
    if picked is None and agrees(answer):
        return question.without or (question.options[0] if len(question.options) == 1 else request)
    return _put_in(Case(request, picked or answer, picked is not None, question, world))


def _more(request: str, answer: str, outcome: Plan | Question, world: World) -> str:
    """An answer where nothing of ours was asked: a new request, else something more."""
    if not answer or refuses(answer):
        return request
    if isinstance(outcome, Question) or isinstance(explain(answer, world).outcome, Plan):
        return answer
    return f"{request}, {answer}"


def _put_in(case: Case) -> str:
    """The first of the ways to put an answer in that is understood as the answer was meant."""
    alone = [case.answer]
    first = case.question.key in ALONE or names_a_thing(case.answer, case.world)
    ways = [*(alone if first else []), *rewrites(case), *([] if first else alone)]
    asked_next = ""
    for way in ways:
        outcome = explain(way, case.world).outcome
        if isinstance(outcome, Plan) and (way == case.answer or case.holds(outcome)):
            return way
        if not asked_next and way != case.answer and _goes_on(outcome, case):
            asked_next = way
    return asked_next or case.joined


def _goes_on(outcome: Plan | Question, case: Case) -> bool:
    """Whether another question is asked now than before."""
    return isinstance(outcome, Question) and outcome.text != case.question.text
