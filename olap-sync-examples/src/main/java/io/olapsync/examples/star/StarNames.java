package io.olapsync.examples.star;

import org.jspecify.annotations.Nullable;

/** The words the generator draws from; in skewed draws the first of a list come most often. */
final class StarNames {

    /** An organisation that handles cases. */
    record Org(String code, String name, @Nullable String region) {}

    static final String[] CASE_TYPES = {
        "rehabilitation", "workout", "bankruptcy", "fast_track", "personal", "prepack", "composition"
    };

    /** All but the debtor, who is the first stakeholder of every case. */
    static final String[] STAKEHOLDER_TYPES = {
        "trade_creditor", "bank", "secured_creditor", "employee", "tax_authority", "guarantor", "shareholder"
    };

    static final String[] OPEN_STATUSES = {"confirmed", "opened", "plan_submitted", "filed"};

    static final String[] ROLES = {"manager", "administrator", "analyst", "viewer"};

    static final String[] CATEGORIES_IN = {"영업수입", "operating income", "asset sale", "자산매각", "new money", "이자수익"};

    static final String[] CATEGORIES_OUT = {"급여", "supplier payment", "공익비용", "tax", "trustee fee", "임차료"};

    static final String[] ASSET_KINDS = {"real_estate", "machinery", "receivable", "inventory", "vehicle", "patent"};

    static final String[] ASSET_TEXTS = {
        "창원 제2공장 부지",
        "CNC 선반 12대",
        "매출채권 (국내)",
        "Warehouse, Busan New Port",
        "재고자산 – 완제품",
        "Lkw-Flotte",
        "특허 제10-1234567호",
        "Bürogebäude Köln",
        "Receivables, EU customers",
        "시흥 물류센터"
    };

    static final String[] MEMOS = {
        "1차 변제", "2분기 정산", "per plan, class 3", "조기 변제", "Nachzahlung", "법원 허가 후 집행", "remis à l'échéance", "분할 납부"
    };

    private static final String[] FAMILY = {"김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오", "서", "신"};

    private static final String[] GIVEN = {
        "민준", "서연", "도윤", "지우", "하준", "서현", "지호", "수아", "은우", "예린", "현우", "다은", "준서", "유진", "성민", "미경"
    };

    private static final String[] LATIN_GIVEN = {
        "Anna", "José", "Zoë", "Søren", "Łukasz", "Marie", "Jürgen", "Chloé", "Thomas", "Elif", "Nguyễn", "Emma"
    };

    private static final String[] LATIN_FAMILY = {
        "Müller",
        "García",
        "Lefèvre",
        "Øster",
        "Kowalska",
        "Rossi",
        "Schäfer",
        "O'Brien",
        "Smith",
        "Yılmaz",
        "Novák",
        "Tran"
    };

    private static final String[] FIRMS = {
        "한빛",
        "대성",
        "동양",
        "미래",
        "Axiom",
        "삼진",
        "세한",
        "Nordwind",
        "태화",
        "Côte d'Azur",
        "우진",
        "Blue Harbor",
        "신라",
        "Grünwald"
    };

    private static final String[] BUSINESSES = {
        "중공업", "물산", "Logistics", "전자", "건설", "Maschinenbau", "섬유", "Trading", "해운", "식품"
    };

    static final Org[] ORGS = {
        new Org("KR-SEL-01", "서울회생법원", "서울"),
        new Org("KR-SWN-01", "수원회생법원", "경기"),
        new Org("KR-PUS-01", "부산회생법원", "부산"),
        new Org("KR-ICN-01", "인천지방법원", "인천"),
        new Org("KR-SEL-02", "서울 구조조정 데스크", "서울"),
        new Org("KR-TAE-01", "대구지방법원", "대구"),
        new Org("DE-CGN-01", "Amtsgericht Köln", "Nordrhein-Westfalen"),
        new Org("KR-TJN-01", "대전지방법원", "대전"),
        new Org("KR-KWJ-01", "광주지방법원", "광주"),
        new Org("FR-LYS-01", "Tribunal de commerce de Lyon", "Auvergne-Rhône-Alpes"),
        new Org("KR-CHW-01", "창원지방법원", "경남"),
        new Org("GB-LON-01", "London Restructuring Desk", "London"),
        new Org("KR-USN-01", "울산지방법원", "울산"),
        new Org("KR-CHJ-01", "청주지방법원", "충북"),
        new Org("DE-MUC-01", "Sanierungsstelle München", "Bayern"),
        new Org("KR-JNJ-01", "전주지방법원", "전북"),
        new Org("KR-CHC-01", "춘천지방법원", "강원"),
        new Org("JP-TYO-01", "東京地方裁判所", "東京"),
        new Org("KR-UJB-01", "의정부지방법원", "경기"),
        new Org("NL-AMS-01", "Rechtbank Amsterdam", "Noord-Holland"),
        new Org("KR-CJU-01", "제주지방법원", "제주"),
        new Org("ES-MAD-01", "Juzgado de lo Mercantil nº 1", "Madrid"),
        new Org("KR-SEL-03", "한국자산관리 사업부", null),
        new Org("SG-SIN-01", "Singapore Workout Office", null),
        new Org("PL-WAW-01", "Sąd Rejonowy w Warszawie", "Mazowieckie"),
        new Org("DK-CPH-01", "Sø- og Handelsretten København", "Hovedstaden"),
    };

    private StarNames() {}

    static String person(Dice dice) {
        return dice.chance(70)
                ? dice.pick(FAMILY) + dice.pick(GIVEN)
                : dice.pick(LATIN_GIVEN) + " " + dice.pick(LATIN_FAMILY);
    }

    static String firm(Dice dice) {
        String name = dice.pick(FIRMS) + " " + dice.pick(BUSINESSES);
        return dice.chance(60) ? "㈜" + name : name + " GmbH";
    }

    /** The name of a stakeholder of this type. */
    static String stakeholder(String type, Dice dice) {
        return switch (type) {
            case "employee", "guarantor" -> person(dice);
            case "tax_authority" -> dice.chance(80) ? "국세청" : "Finanzamt Köln-Mitte";
            case "bank" -> dice.chance(75) ? dice.pick(FIRMS) + "은행" : "Banque " + dice.pick(FIRMS);
            default -> firm(dice);
        };
    }
}
