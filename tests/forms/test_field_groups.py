"""What a field looks like to a browser and to assistive technology."""

from __future__ import annotations

import re

import pytest

from registrations.forms import TYPES, QuestionSpec, build_form

XSS = "\"><script>alert(1)</script>'"


def group(question: QuestionSpec, data: dict[str, str] | None = None) -> str:
    return build_form([question])(data)[f"q_{question.key}"].as_field_group()


def control(html: str) -> str:
    [found] = re.findall(r"<(?:input|select|textarea)[^>]*>", html)
    return found


@pytest.mark.parametrize("type_key", list(TYPES))
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


@pytest.mark.parametrize("type_key", list(TYPES))
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
    assert " checked" in group(QuestionSpec("x", "checkbox", "X"), {"q_x": "yes"})
    assert " checked" not in group(QuestionSpec("x", "checkbox", "X"), {"q_x": ""})


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
