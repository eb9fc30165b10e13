"""What a field looks like to a browser and to assistive technology."""

from __future__ import annotations

import re

import pytest

from registrations.forms import TYPES, Options, QuestionSpec, build_form

XSS = "\"><script>alert(1)</script>'"


def group(question: QuestionSpec, data: dict[str, str] | None = None) -> str:
    return build_form([question])(data)[f"q_{question.key}"].as_field_group()


def control(html: str) -> str:
    [found] = re.findall(r"<(?:input|select|textarea)[^>]*>", html)
    return found


SEEN = [key for key in TYPES if key not in ("hidden", "heading")]
GROUPS = ["radio", "multiple"]


@pytest.mark.parametrize("type_key", [key for key in SEEN if key not in GROUPS])
def test_every_control_has_a_label_and_names_its_help_and_error(type_key: str) -> None:
    html = group(QuestionSpec("x", type_key, "The label", "The help", required=True, choices=("A",)), {"first_name": ""})
    assert re.search(r'<label for="id_q_x">\s*The label\s*</label>', html)
    assert '<p class="help" id="id_q_x_helptext">The help</p>' in html
    assert re.search(r'<p class="error" id="id_q_x_error"><span class="sign" aria-hidden="true">!</span>\S', html)
    tag = control(html)
    for attribute in (
        'id="id_q_x"',
        'name="q_x"',
        'aria-invalid="true"',
        'aria-required="true"',
        'aria-describedby="id_q_x_helptext id_q_x_error"',
        "enterkeyhint=",
    ):
        assert attribute in tag


@pytest.mark.parametrize("type_key", GROUPS)
def test_every_group_has_a_legend_and_names_its_help_and_error(type_key: str) -> None:
    question = QuestionSpec("x", type_key, "The label", "The help", True, ("A", "B"), Options(offers_other=True))
    html = group(question, {"first_name": ""})
    assert "<legend>The label</legend>" in html
    [tag] = re.findall(r"<fieldset[^>]*>", html)
    assert 'aria-describedby="id_q_x_helptext id_q_x_error"' in tag
    assert ('role="radiogroup" aria-required="true" aria-invalid="true"' in tag) == (type_key == "radio")
    assert '<p class="help" id="id_q_x_helptext">The help</p>' in html
    assert re.search(r'<p class="error" id="id_q_x_error"><span class="sign" aria-hidden="true">!</span>\S', html)
    labelled = re.findall(r'<label for="([^"]+)">(.*?)</label>', html)
    assert labelled == [("id_q_x", "A"), ("id_q_x_1", "B"), ("id_q_x_own", "Another answer")]
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(set(ids)) == len(ids)
    assert {name for name, _ in labelled} < set(ids)
    assert 'aria-label="Your own answer: The label"' in html


def test_what_nobody_answers_is_no_control() -> None:
    hidden = group(QuestionSpec("x", "hidden", "From"), {"q_x": 'a"b'})
    assert hidden.strip() == '<input type="hidden" name="q_x" value="a&quot;b">'
    heading = group(QuestionSpec("x", "heading", "About <you>", "Some words"))
    assert "<h3>About &lt;you&gt;</h3>" in heading
    assert "Some words" in heading
    assert "<input" not in heading
    assert "(optional)" not in heading


def test_limits_and_examples_are_told_to_the_browser() -> None:
    words = Options(placeholder="Acme <Ltd>", min_length=2, max_length=30, default="x")
    tag = control(group(QuestionSpec("x", "text", "X", options=words)))
    for attribute in ('placeholder="Acme &lt;Ltd&gt;"', 'minlength="2"', 'maxlength="30"', 'value="x"'):
        assert attribute in tag
    tag = control(group(QuestionSpec("x", "date", "X", options=Options(minimum="01.02.2026", maximum="2026-03-01"))))
    for attribute in ('type="date"', 'min="2026-02-01"', 'max="2026-03-01"'):
        assert attribute in tag
    assert "maxlength" not in tag
    assert 'inputmode="numeric"' in control(group(QuestionSpec("x", "number", "X", options=Options(minimum="0"))))
    assert "inputmode" not in control(group(QuestionSpec("x", "number", "X")))


@pytest.mark.parametrize("type_key", SEEN)
def test_an_untouched_optional_control_says_so_and_claims_no_error(type_key: str) -> None:
    html = group(QuestionSpec("x", type_key, "The label", choices=("A",)))
    assert "(optional)" in html
    for word in ("aria-invalid", "aria-required", "aria-describedby", "error"):
        assert word not in html


@pytest.mark.parametrize("type_key", list(TYPES))
def test_what_was_typed_and_what_marketers_wrote_is_shown_and_never_run(type_key: str) -> None:
    html = group(QuestionSpec("x", type_key, XSS, XSS, required=True, choices=(XSS,)), {"q_x": XSS})
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_what_was_typed_is_kept() -> None:
    assert 'value="Acme"' in group(QuestionSpec("x", "text", "X"), {"q_x": "Acme"})
    assert re.search(r">\nfirst\nsecond</textarea>", group(QuestionSpec("x", "long_text", "X"), {"q_x": "first\nsecond"}))
    chosen = group(QuestionSpec("x", "choice", "X", choices=("A", "B")), {"q_x": "B"})
    assert '<option value="B" selected>B</option>' in chosen
    assert chosen.count(" selected") == 1
    assert 'value="2026-12-31"' in group(QuestionSpec("x", "date", "X"), {"q_x": "31.12.2026"})
    assert " checked" in group(QuestionSpec("x", "checkbox", "X"), {"q_x": "yes"})
    assert " checked" not in group(QuestionSpec("x", "checkbox", "X"), {"q_x": ""})


@pytest.mark.parametrize("type_key", ["choice", *GROUPS])
def test_what_was_chosen_and_typed_beside_is_kept(type_key: str) -> None:
    question = QuestionSpec("x", type_key, "X", choices=("A", "B"), options=Options(offers_other=True, default="A"))
    mark = " selected" if type_key == "choice" else " checked"
    html = group(question, {"q_x": "__other__", "q_x.other": "C & D"})
    assert re.search(f'value="__other__"{mark}', html)
    assert html.count(mark) == 1
    assert 'name="q_x.other" value="C &amp; D"' in html
    begun = group(question)
    assert re.search(f'value="A"{mark}', begun)
    assert begun.count(mark) == 1


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("first_name", ['type="text"', 'autocomplete="given-name"', 'enterkeyhint="next"']),
        ("last_name", ['type="text"', 'autocomplete="family-name"', 'enterkeyhint="next"']),
        ("email", ['type="email"', 'autocomplete="email"', 'inputmode="email"', 'enterkeyhint="next"']),
        ("q_tel", ['type="tel"', 'autocomplete="tel"', 'inputmode="tel"', 'enterkeyhint="send"']),
    ],
)
def test_phones_show_the_right_keyboard_and_fill_in_what_they_know(name: str, attributes: list[str]) -> None:
    form = build_form([QuestionSpec("tel", "phone", "Tel")])()
    tag = control(form[name].as_field_group())
    assert [attribute for attribute in attributes if attribute not in tag] == []
    assert tag.count(" type=") == 1
