"""People as they sign up in Russia: names and addresses, varied and with frequent and rare ones, the same each time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import accumulate

from registrations.admin.transliteration import latin_slug


def _words(text: str) -> list[str]:
    return text.split()


_MEN = _words(
    "Александр Алексей Андрей Антон Артём Борис Вадим Валерий Василий Виктор Виталий Владимир Вячеслав Геннадий Георгий "
    "Григорий Даниил Денис Дмитрий Евгений Егор Иван Игорь Илья Кирилл Константин Леонид Максим Михаил Никита Николай Олег "
    "Павел Пётр Роман Руслан Сергей Степан Тимур Фёдор Юрий Ярослав"
)
_WOMEN = _words(
    "Александра Алина Алла Анастасия Анна Валентина Валерия Вера Вероника Виктория Галина Дарья Евгения Екатерина Елена "
    "Елизавета Жанна Зоя Инна Ирина Кристина Ксения Лариса Лидия Людмила Маргарита Марина Мария Надежда Наталья Нина Оксана "
    "Ольга Полина Светлана София Тамара Татьяна Ульяна Юлия Яна"
)
_SURNAMES = _words(
    "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев Семёнов "
    "Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Борисов Яковлев Григорьев "
    "Романов Воробьёв Сергеев Кузьмин Фролов Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин "
    "Виноградов Ковалёв Белов Медведев Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов Беляев Герасимов Богданов "
    "Осипов Сидоров Матвеев Титов Марков Миронов Крылов Куликов Карпов Власов Мельников Денисов Гаврилов Тихонов Казаков "
    "Афанасьев Данилов Савельев Тимофеев Фомин Чернов Абрамов Мартынов Ефимов Федотов Щербаков Назаров Калинин Исаев "
    "Чернышёв Быков Маслов Родионов Коновалов Лазарев Воронин Климов Филатов Пономарёв Голубев Кудрявцев Прохоров Наумов "
    "Потапов Журавлёв Овчинников Трофимов Леонов Соболев Ермаков Колесников Гончаров Емельянов Никифоров Грачёв Котов "
    "Гришин Ефремов Архипов Громов Кириллов Малышев Панов Моисеев Румянцев Акимов Кондратьев Бирюков Горбунов Анисимов "
    "Еремеев Тихомиров Галкин Лукьянов Михеев Скворцов Юдин Белоусов Нестеров Симонов Прокофьев Харитонов Князев Цветков"
)
_FOREIGN_FIRST = _words(
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica "
    "Thomas Sarah Christopher Karen Daniel Lisa Matthew Nancy Anthony Betty Mark Sandra Paul Ashley Steven Emily Andrew Anna"
)
_FOREIGN_LAST = _words(
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson "
    "Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young "
    "Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts"
)
_DOMAINS = {
    "gmail.com": 30, "mail.ru": 22, "yandex.ru": 22, "bk.ru": 4, "inbox.ru": 3, "rambler.ru": 3, "outlook.com": 3,
    "icloud.com": 3, "ya.ru": 2, "list.ru": 2, "hotmail.com": 1, "proton.me": 1, "severny-zavod.ru": 1,
    "university.example": 1, "company.example": 1, "clinic.example": 1,
}  # fmt: skip
_LUCK = 4096


@dataclass(frozen=True, slots=True)
class Named:
    """One person as they typed themselves."""

    email: str
    first_name: str
    last_name: str


def _table(words: list[str], weights: list[float]) -> list[str]:
    """As many draws as there can be, so that a draw costs one look-up."""
    return random.Random(11).choices(words, cum_weights=list(accumulate(weights)), k=_LUCK)


def _by_frequency(words: list[str]) -> list[str]:
    return _table(words, [1 / (place + 3) for place in range(len(words))])


class People:
    """Any number of people, each by their number. Every hundredth has a double name, so that rare words exist."""

    def __init__(self) -> None:
        self._men, self._women = _by_frequency(_MEN), _by_frequency(_WOMEN)
        self._surnames = _by_frequency(_SURNAMES)
        self._foreign = _by_frequency(_FOREIGN_FIRST), _by_frequency(_FOREIGN_LAST)
        self._domains = _table(list(_DOMAINS), [float(weight) for weight in _DOMAINS.values()])
        words = {*_MEN, *_WOMEN, *_SURNAMES, *(f"{name}а" for name in _SURNAMES), *_FOREIGN_FIRST, *_FOREIGN_LAST}
        self._latin = {word: latin_slug(word, length=40) for word in words}

    def person(self, number: int) -> Named:
        """The same person for the same number; no two share an address."""
        luck = number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        one, two, three = luck >> 52, luck >> 40 & 4095, luck >> 28 & 4095
        kind = luck >> 20 & 255
        if kind < 40:
            first, last = self._foreign[0][one], self._foreign[1][two]
        elif kind < 148:
            first, last = self._women[one], f"{self._surnames[two]}а"
        else:
            first, last = self._men[one], self._surnames[two]
        domain = self._domains[three]
        latin_first, latin_last = self._latin[first], self._latin[last]
        if kind & 1:
            address = f"{latin_last}.{latin_first}{number}@{domain}"
        else:
            address = f"{latin_first[0]}.{latin_last}-{number}@{domain}"
        if kind == 77:
            last = f"{last}-{self._surnames[three]}а"
        return Named(address, first, last)
