"""Writes locales.json and zones.json: the formats of dates, numbers and amounts (Unicode CLDR, from Babel),
and the rules of time zones (the IANA database). Run it after an update of either:

    pip install babel==2.18.0 tzdata==2026.6
    python3 shared/compose/data/generate.py
"""

import importlib.resources
import json
import pathlib

from babel import Locale

HERE = pathlib.Path(__file__).parent
LANGUAGES = """
    af am ar az be bg bn bs ca cs cy da de de-AT de-CH el en en-AU en-CA en-GB en-IE en-IN en-NZ en-ZA es es-AR es-MX et eu fa
    fi fil fr fr-BE fr-CA fr-CH ga gl gu he hi hr hu hy id is it it-CH ja ka kk km ko lo lt lv mk ml mn mr ms mt my nb ne nl
    nl-BE nn pa pl pt pt-BR ro ru si sk sl sq sr sv sw ta te th tr uk ur uz vi zh zh-TW zu
""".split()
CURRENCIES = """
    AED AUD BDT BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP GEL GHS HKD HUF IDR ILS INR ISK JPY KES KRW KWD MAD MXN MYR
    NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD TZS UAH UGX USD UYU VND XAF XOF ZAR
""".split()


def locale(tag):
    name = {"zh": "zh_Hans_CN", "zh-TW": "zh_Hant_TW", "nb": "nb_NO", "nn": "nn_NO"}.get(tag, tag.replace("-", "_"))
    it = Locale.parse(name)
    system = it.default_numbering_system
    # Some numbering systems have their own digits and the symbols of the Latin one.
    latin, own = it.number_symbols["latn"], it.number_symbols.get(system) or {}
    symbols = {name: own.get(name, latin.get(name)) for name in ("decimal", "group", "minusSign")}
    plain = it.decimal_formats[None]
    money = it.currency_formats["standard"]
    forms = {}
    for code in CURRENCIES:
        symbol = it.currency_symbols.get(code, code)
        if symbol != code:
            forms[code] = symbol
    months = lambda width, context="format": [it.months[context][width][n] for n in range(1, 13)]
    days = lambda width: [it.days["format"][width][n] for n in range(7)]
    result = {
        "months": months("wide"),
        "months_short": months("abbreviated"),
        "days": days("wide"),
        "days_short": days("abbreviated"),
        "halves": [it.day_periods["format"]["abbreviated"].get("am", "AM"), it.day_periods["format"]["abbreviated"].get("pm", "PM")],
        "dates": [it.date_formats[style].pattern for style in ("short", "medium", "long", "full")],
        "times": [it.time_formats[style].pattern for style in ("short", "medium")],
        "both": [str(it.datetime_formats[style]) for style in ("short", "long")],
        "decimal": symbols["decimal"],
        "group": symbols["group"],
        "minus": symbols["minusSign"] or "-",
        "grouping": [plain.grouping[0], plain.grouping[1]],
        "amount": money.pattern.split(";")[0],
        "symbols": forms,
    }
    if system != "latn":
        zero = {"arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "deva": 0x966, "mymr": 0x1040}.get(system)
        if zero:
            result["zero"] = chr(zero)
    # Simplify: two day periods, no standalone weekday names, one era. Narrow no-break spaces become ordinary no-break spaces.
    plain_pattern = lambda text: (
        text.replace("G ", "").replace("B", "a").replace("cccc", "EEEE").replace("\u202f", "\u00a0")
    )
    result["dates"] = [plain_pattern(it) for it in result["dates"]]
    result["times"] = [plain_pattern(it) for it in result["times"]]
    return result


def zones():
    root = importlib.resources.files("tzdata") / "zoneinfo"
    names = (importlib.resources.files("tzdata") / "zones").read_text().split()
    rules = {}
    for name in sorted(names):
        data = root.joinpath(*name.split("/")).read_bytes()
        # From version 2 on, the last line of a TZif file is the rule for all time after its table (RFC 9636, 3.3).
        rule = data.rstrip(b"\n").rsplit(b"\n", 1)[1].decode()
        rules.setdefault(rule, []).append(name)
    return rules


def main():
    table = {tag: locale(tag) for tag in LANGUAGES}
    for name, value in (("locales.json", table), ("zones.json", zones())):
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        (HERE / name).write_text(text + "\n", encoding="utf-8")
        print(name, len(text.encode()))


main()
