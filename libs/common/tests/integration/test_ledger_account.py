"""The account a publisher keeps: nothing is skipped, whatever gets lost and whenever it commits."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.tables import carried

from common.database import ledger, ledger_answers, whereabouts
from common.database.ledger_answers import KEPT
from common.database.whereabouts import Aside, note_aside
from common.ids import new_id
from support.ledger import READER, TYPE, Account, id_made

SECOND = timedelta(seconds=1)


@pytest.fixture
async def account(engine: AsyncEngine) -> Account:
    account = Account(engine, carried)
    await account.enter()
    return account


async def made(account: Account, count: int, ago: float = 20) -> list[UUID]:
    now = await account.now()
    return sorted(id_made(timedelta(seconds=ago), now) for _ in range(count))


async def asked_ids(account: Account) -> list[UUID]:
    """Ask once, and leave it without an answer."""
    return sorted(e for _, _, event_ids in await account.ask() for e in event_ids)


async def round_trip(account: Account) -> int:
    """Ask and answer once; return how many events were emitted again."""
    return sum([await account.settle(await account.answer(i)) for i in await account.ask()])


async def test_events_taken_up_are_asked_about_once(account: Account) -> None:
    events = await made(account, 3)
    await account.announce(events)
    await account.take_up(events)
    (asked,) = await account.ask()
    assert sorted(asked[2]) == events
    assert await account.settle(await account.answer(asked)) == 0
    await account.pass_time(10 * SECOND)
    assert await account.ask() == []
    assert await account.open() == {}


async def test_young_events_and_those_of_other_readers_are_not_asked_about(
    account: Account,
) -> None:
    await account.announce(await made(account, 2, ago=5))
    await account.announce(await made(account, 2), kind="toy.echoed.v1")
    assert await account.ask() == []


async def test_a_missing_event_is_asked_about_twice_and_then_emitted_again(
    account: Account,
) -> None:
    taken, lost = await made(account, 2)
    await account.announce([taken, lost])
    await account.take_up([taken])
    assert await round_trip(account) == 0
    assert await account.open() == {lost: 1}
    assert await account.ask() == [], "not at once"
    await account.pass_time(5 * SECOND)
    assert await round_trip(account) == 1
    assert await account.publish() == [lost]
    await account.take_up([lost])
    await account.pass_time(30 * SECOND)
    assert await round_trip(account) == 0
    assert await account.open() == {}


async def test_an_event_that_never_arrives_is_emitted_again_and_again_and_reported(
    account: Account,
) -> None:
    (lost,) = await made(account, 1)
    await account.announce([lost])
    emitted = 0
    for _ in range(8):
        emitted += await round_trip(account)
        await account.publish()
        await account.pass_time(timedelta(minutes=10))
    assert emitted == 7
    async with account.engine.connect() as connection:
        (figures,) = await ledger_answers.figures(connection, carried, [READER])
    assert (figures.open, figures.missing, figures.lost) == (1, 1, 1)
    assert figures.oldest is not None


async def test_what_is_parked_or_on_the_ladder_stays_open_and_is_not_emitted_again(
    account: Account,
) -> None:
    parked, climbing = await made(account, 2)
    await account.announce([parked, climbing])
    soon = await account.now() + timedelta(minutes=2)
    places = [Aside(parked, "toy.parked", None), Aside(climbing, "toy.retry.30s", soon)]
    await note_aside(account.engine, carried, places)
    assert await round_trip(account) == 0
    assert await account.open() == {parked: 0, climbing: 0}
    await account.pass_time(timedelta(minutes=3))
    assert await round_trip(account) == 0
    assert await account.open() == {parked: 0, climbing: 1}, "it should be off the ladder by now"


async def test_what_was_parked_in_a_lost_queue_is_emitted_again(account: Account) -> None:
    (parked,) = await made(account, 1)
    await account.announce([parked])
    await note_aside(account.engine, carried, [Aside(parked, "toy.parked", None)])
    await round_trip(account)
    async with account.engine.begin() as connection:
        await whereabouts.forget_queue(connection, carried, "toy.parked")
    await account.hear_of_loss()
    assert await round_trip(account) == 1
    assert await account.publish() == [parked]


async def test_after_a_loss_everything_is_asked_about_at_once(account: Account) -> None:
    before, meanwhile = (await made(account, 1))[0], (await made(account, 1, ago=3))[0]
    await account.announce([before, meanwhile])
    assert await asked_ids(account) == [before]
    await account.hear_of_loss()
    assert await round_trip(account) == 1, "the inquiry may have been lost with the queue"
    assert await round_trip(account) == 1, "and what came after it"
    assert sorted(await account.publish()) == [before, meanwhile]


async def test_an_event_of_a_late_commit_is_not_skipped(account: Account) -> None:
    early, late = await made(account, 2)
    await account.announce([early])
    await account.take_up([early])
    assert await round_trip(account) == 0
    await account.pass_time(10 * SECOND)
    await account.announce([late])
    assert await account.open() == {late: 0}
    await account.pass_time(5 * SECOND)
    assert await asked_ids(account) == [late]


async def test_an_event_committed_between_the_two_steps_of_a_round_is_not_skipped(
    account: Account,
) -> None:
    seen, late = await made(account, 2)
    await account.announce([seen])
    async with account.engine.connect() as connection, connection.begin():
        columns = {"event_id": late, "type": TYPE, "order_id": new_id(), "body": {}}
        await connection.execute(carried.event_log.insert(), columns)
        await connection.execute(carried.outbox.insert(), {"event_id": late})
        assert await asked_ids(account) == [seen], "not committed, so not seen"
    await account.publish()
    assert await account.open() == {late: 0}


async def test_nothing_is_asked_about_beyond_what_waits_to_be_published(account: Account) -> None:
    first, waiting, last = await made(account, 3)
    await account.announce([first])
    await account.announce([waiting], published=False)
    await account.announce([last])
    await account.pass_time(6 * SECOND)
    assert first in await asked_ids(account)
    assert last not in await asked_ids(account)


async def test_an_event_that_waits_in_the_outbox_is_not_missed(account: Account) -> None:
    (waiting,) = await made(account, 1)
    await account.announce([waiting], published=False)
    for _ in range(4):
        assert await round_trip(account) == 0
        await account.pass_time(6 * SECOND)
    assert set((await account.open()).values()) <= {0}


async def test_long_ranges_are_cut_into_inquiries(account: Account) -> None:
    events = sorted([*await made(account, 3000), *await made(account, 1800, ago=15)])
    await account.announce(events)
    inquiries = await account.ask()
    assert [len(event_ids) for _, _, event_ids in inquiries] == [2000, 2000, 800]
    assert sorted(e for _, _, event_ids in inquiries for e in event_ids) == events


async def test_a_round_takes_no_more_than_its_inquiries_and_the_next_goes_on(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "INQUIRY_EVENTS_MAX", 3)
    monkeypatch.setattr(ledger, "ROUND_INQUIRIES_MAX", 2)
    events = await made(account, 14, ago=60)
    await account.announce(events)
    await account.take_up(events)
    found: list[UUID] = []
    for _ in range(3):
        inquiries = await account.ask()
        found += [e for _, _, event_ids in inquiries for e in event_ids]
        for inquiry in inquiries:
            await account.settle(await account.answer(inquiry))
    assert found == events


async def test_a_repeated_answer_changes_nothing(account: Account) -> None:
    (lost,) = await made(account, 1)
    await account.announce([lost])
    (asked,) = await account.ask()
    answer = await account.answer(asked)
    await account.settle(answer)
    await account.settle(answer)
    assert await account.open() == {lost: 1}


async def test_an_inquiry_is_sent_again_once_a_later_mark_is_answered(account: Account) -> None:
    events = await made(account, 2)
    await account.announce(events)
    (lost,) = await account.ask()
    mark = ledger_answers.Answer(READER, lost[1] + SECOND)
    await account.settle(mark)
    assert await account.ask() == [], "another worker may be about to answer"
    await account.pass_time(3 * SECOND)
    (again,) = await account.ask()
    assert (again[0], sorted(again[2])) == (lost[0], events)


async def test_an_older_mark_says_nothing_about_a_younger_inquiry(account: Account) -> None:
    await account.announce(await made(account, 1))
    (asked,) = await account.ask()
    await account.settle(ledger_answers.Answer(READER, asked[1] - SECOND))
    await account.pass_time(60 * SECOND)
    assert await account.ask() == []


async def test_one_worker_asks_at_a_time_and_another_goes_on_after_it(account: Account) -> None:
    async with account.engine.begin() as connection:
        (turn,) = await ledger.take_turns(connection, carried, [READER], "one")
        assert turn.reader == READER
        assert await ledger.take_turns(connection, carried, [READER], "two") == []
        assert await ledger.take_turns(connection, carried, [READER], "one") != []
    await account.pass_time(6 * SECOND)
    async with account.engine.begin() as connection:
        assert await ledger.take_turns(connection, carried, [READER], "two") != []


async def test_two_that_begin_the_same_round_begin_it_once(account: Account) -> None:
    await account.announce(await made(account, 1))
    async with account.engine.begin() as connection:
        (turn,) = await ledger.take_turns(connection, carried, [READER], "one")
    begun = []
    for _ in range(2):
        async with account.engine.begin() as connection:
            begun += await ledger.begin_round(connection, carried, turn, [TYPE], age=SECOND)
    assert len(begun) == 1


async def test_nothing_old_enough_to_be_forgotten_by_an_inbox_is_emitted_again(
    account: Account,
) -> None:
    now = await account.now()
    old = id_made(KEPT + timedelta(hours=1), now)
    await account.announce([old])
    async with account.engine.begin() as connection:
        assert await ledger_answers.emit_again(connection, carried, [old]) == 0
        assert await ledger_answers.forget_old(connection, carried) == 1
    assert await account.open() == {}


async def test_the_housekeeping_of_a_reader_forgets_what_has_come_back(account: Account) -> None:
    now = await account.now()
    gone, there, parked = await made(account, 3)
    ancient = id_made(timedelta(days=16), now)
    places = [
        Aside(gone, "toy.retry.1s", now - timedelta(hours=2)),
        Aside(there, "toy.retry.1s", now),
        Aside(parked, "toy.parked", None),
        Aside(ancient, "toy.parked", None),
    ]
    await note_aside(account.engine, carried, places)
    async with account.engine.begin() as connection:
        await whereabouts.forget_old(connection, carried)
        rows = set(await connection.scalars(select(carried.ledger.aside.c.event_id)))
        assert rows == {there, parked}
        one, rest = [str(there), "unreadable"], None
        await whereabouts.no_longer_parked(connection, carried, "toy.parked", one)
        assert await connection.scalar(text("select count(*) from toy.aside")) == 1
        await whereabouts.no_longer_parked(connection, carried, "toy.parked", rest)
        assert await connection.scalar(text("select count(*) from toy.aside")) == 0
