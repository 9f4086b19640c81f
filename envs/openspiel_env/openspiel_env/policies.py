"""Policies that play well, from what an agent sees and nothing else."""

from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any

from openenv.errors import ConfigurationError

from openspiel_env.models import OpenSpielAction, OpenSpielObservation

Rule = Callable[[OpenSpielObservation, Random], int]


class KnownGoodPolicy:
    """Plays each of the six games that this environment is made for.

    ======================  ======================================================================
    catch                   goes where the ball falls; catches every ball
    tic_tac_toe             minimax; never loses
    cliff_walking           the shortest way around the cliff
    kuhn_poker (2 players)  an equilibrium: -1/18 for the first player, 1/18 for the second, or more
    blackjack               stands on 17, or on 12 where the dealer is likely to bust
    2048                    looks one move ahead for free fields and large tiles in one corner
    ======================  ======================================================================
    """

    def __init__(self) -> None:
        self._random = Random()

    def reset(self, seed: int | None) -> None:
        """Begin an episode.

        Args:
            seed: Decides what the policy does where it draws lots, in kuhn_poker.
        """
        self._random = Random(seed)

    def act(self, observation: OpenSpielObservation | dict[str, Any]) -> OpenSpielAction:
        """Choose a move.

        Args:
            observation: What the agent sees, in an episode that is not over; a dict is what a generic client gives.

        Returns:
            The move.

        Raises:
            ConfigurationError: The policy does not know this game.
        """
        seen = OpenSpielObservation.model_validate(observation)
        rule = GAMES.get(seen.game_name)
        if rule is None:
            known = ", ".join(GAMES)
            raise ConfigurationError(f"the known-good policy does not know {seen.game_name}; it knows {known}")
        return OpenSpielAction(action_id=rule(seen, self._random), game_name=seen.game_name)


LEFT, STAY, RIGHT = 0, 1, 2


def _catch(observation: OpenSpielObservation, random: Random) -> int:
    board = observation.board
    (_, ball), (_, paddle) = _find(board, "o"), _find(board, "x")
    return LEFT if ball < paddle else RIGHT if ball > paddle else STAY


def _find(board: str, what: str) -> tuple[int, int]:
    """Row and column of the first field that holds this."""
    return next((row, line.index(what)) for row, line in enumerate(board.splitlines()) if what in line)


EAST, NORTH, SOUTH = 0, 1, 3


def _cliff_walking(observation: OpenSpielObservation, random: Random) -> int:
    rows = observation.board.splitlines()
    row, column = _find(observation.board, "P")
    if column == len(rows[0]) - 1:
        return SOUTH
    above_the_cliff = len(rows) - 2
    return NORTH if row > above_the_cliff else SOUTH if row < above_the_cliff else EAST


LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def _tic_tac_toe(observation: OpenSpielObservation, random: Random) -> int:
    board = observation.board.replace("\n", "")
    mark = "xo"[observation.current_player_id]
    return max(observation.legal_actions, key=lambda field: -_value(_marked(board, field, mark), "ox"[mark == "o"]))


@cache
def _value(board: str, mark: str) -> int:
    """What a board is worth to the one who moves next: 1 a win, 0 a draw, -1 a loss."""
    if any(board[a] == board[b] == board[c] != "." for a, b, c in LINES):
        return -1
    free = [field for field, held in enumerate(board) if held == "."]
    return max((-_value(_marked(board, field, mark), "ox"[mark == "o"]) for field in free), default=0)


def _marked(board: str, field: int, mark: str) -> str:
    return board[:field] + mark + board[field + 1 :]


PASS, BET = 0, 1
JACK, QUEEN, KING = 0, 1, 2

BLUFF = 1 / 3
"""How often the first player bets a jack; 0 to 1/3 are all equilibria (Kuhn, 1950)."""


def _kuhn_poker(observation: OpenSpielObservation, random: Random) -> int:
    if len(observation.board) != 3:
        raise ConfigurationError("the known-good policy plays kuhn_poker with two players only")
    card, *stakes = map(int, observation.board)
    me = observation.current_player_id
    bet_against = stakes[1 - me] > stakes[me]
    if me == 0:
        chances = (0, BLUFF + 1 / 3, 1) if bet_against else (BLUFF, 0, 3 * BLUFF)
    else:
        chances = (0, 1 / 3, 1) if bet_against else (1 / 3, 0, 1)
    return BET if random.random() < chances[card] else PASS


HIT, STAND = 0, 1
FIGURES = {"A": 1, "T": 10, "J": 10, "Q": 10, "K": 10}


def _blackjack(observation: OpenSpielObservation, random: Random) -> int:
    mine, dealers = (
        [FIGURES.get(card[1]) or int(card[1]) for card in line.split("Cards:")[1].split() if card != "??"]
        for line in observation.board.splitlines()
        if "Cards:" in line
    )
    soft = 1 in mine and sum(mine) <= 11
    if soft:
        return STAND if sum(mine) + 10 >= 18 else HIT
    return STAND if sum(mine) >= (12 if 4 <= dealers[0] <= 6 else 17) else HIT


Row = list[int]

WORTH = [2**exponent for exponent in (15, 14, 13, 12, 8, 9, 10, 11, 7, 6, 5, 4, 0, 1, 2, 3)]
"""A snake along the rows, from the corner where the largest tile belongs."""


def _2048(observation: OpenSpielObservation, random: Random) -> int:
    rows = [[int(tile) for tile in line.split()] for line in observation.board.splitlines() if line.strip()]
    return max(observation.legal_actions, key=lambda move: _rating(_moved(rows, move)))


def _rating(rows: list[Row]) -> float:
    tiles = [tile for row in rows for tile in row]
    snake = sum(worth * tile for worth, tile in zip(WORTH, tiles, strict=True))
    return snake * (1 + tiles.count(0)) / sum(tiles)


def _moved(rows: list[Row], move: int) -> list[Row]:
    """Push all tiles: up, right, down or left."""
    turns = (3 - move) % 4
    for _ in range(turns):
        rows = _turned(rows)
    rows = [_pushed(row) for row in rows]
    for _ in range(-turns % 4):
        rows = _turned(rows)
    return rows


def _turned(rows: list[Row]) -> list[Row]:
    return [list(column) for column in zip(*reversed(rows), strict=True)]


def _pushed(row: Row) -> Row:
    """Push a row to the left; equal neighbours become one, each tile once."""
    tiles, pushed = [tile for tile in row if tile], []
    while tiles:
        tile = tiles.pop(0)
        if tiles and tiles[0] == tile:
            tile += tiles.pop(0)
        pushed.append(tile)
    return pushed + [0] * (len(row) - len(pushed))


GAMES: Mapping[str, Rule] = MappingProxyType(
    {
        "2048": _2048,
        "blackjack": _blackjack,
        "catch": _catch,
        "cliff_walking": _cliff_walking,
        "kuhn_poker": _kuhn_poker,
        "tic_tac_toe": _tic_tac_toe,
    }
)
"""Each game that the known-good policy plays -> its rule."""
