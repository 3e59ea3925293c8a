"""Words rows are made of: names, places, sentences, and the texts that break careless readers.

What belongs here: plain lists. What does not: which field draws from which list (``recipes``).
All people, companies and addresses are made up; hosts use reserved names.
"""

from __future__ import annotations


def _listed(text: str) -> tuple[str, ...]:
    """Return the entries of a text that separates them by semicolons."""
    return tuple(" ".join(entry.split()) for entry in text.split(";"))


FIRST_NAMES = _listed(
    """
    Ada; Amélie; Anna; Ben; Björn; Camille; Chloé; Dana; David; Émile; Esra; Fatima; Finn;
    Françoise; George; Grace; Hana; Hélène; Ines; Ivan; Jörg; José; Jun; Kofi; Lena; Léo;
    Liam; Lucía; Maja; Marie; Mateo; Mina; Nadia; Noor; Olga; Omar; Paul; Priya; Quentin;
    Rosa; Siân; Sofia; Søren; Tomás; Uma; Victor; Wei; Yuki; Zoë; 민준; 서연; 지우; 하은
    """
)
LAST_NAMES = _listed(
    """
    Abe; Adler; Åkesson; Alvarez; Baker; Benoît; Castro; Chen; Çelik; D'Angelo; Dubois;
    Dupont; Eriksen; Evans; Fischer; Fournier; García; Gómez; Haddad; Hughes; Ito; Ivanov;
    Jensen; Jones; Kim; Kowalski; Lefèvre; Lopez; Martin; Müller; Nakamura; Nguyễn; Novák;
    O'Brien; O'Neill; Okafor; Park; Patel; Petit; Quinn; Rossi; Sánchez; Schäfer; Silva;
    Smith; Taylor; Ueda; Vidal; Weiß; Wójcik; Öztürk; Zhang; 김; 이; 박
    """
)
COMPANY_HEADS = _listed(
    """
    Acme; Alpine; Atlas; Aurora; Beacon; Blue River; Bright; Café Zürich; Cedar; Cobalt;
    Copper; Delta; Échelle; Evergreen; First Light; Global; Granite; Harbor; Hearth & Home;
    Ironwood; Juniper; Kestrel; Lakeside; Lumen; Maple; Meridian; Métropole; Nimbus;
    Nordström; Northwind; Oak & Ivy; Orchid; Pacific; Pinnacle; Quartz; Red Cedar; Río
    Grande; Sable; Sierra; Silver Birch; Solstice; Summit; Tidewater; Union; Vantage;
    "Vivid"; Willow; Zenith; 한빛; 서울
    """
)
COMPANY_TAILS = _listed(
    """
    Analytics; Bakery; Capital; Chemicals; Clinics; Consulting; Dynamics; Energy; Foods;
    Freight; Gardens; Group; Holdings; Hotels; Instruments; Labs; Logistics; Media; Motors;
    Networks; Outfitters; Partners; Pharma; Robotics; School District; Software; Studios;
    Systems; Textiles; Water
    """
)
COMPANY_FORMS = _listed(
    """
    Inc.; LLC; Ltd; GmbH; S.A.; & Sons; , Inc.; Co., Ltd.; K.K.; AG
    """
)

PLACES = (
    ("San Francisco", "CA", "94105", "USA", 37.79, -122.39),
    ("Austin", "TX", "78701", "USA", 30.27, -97.74),
    ("New York", "NY", "10001", "USA", 40.75, -73.99),
    ("Chicago", "IL", "60601", "USA", 41.88, -87.62),
    ("Boston", "MA", "02108", "USA", 42.36, -71.06),
    ("Seattle", "WA", "98101", "USA", 47.61, -122.33),
    ("Toronto", "ON", "M5H 2N2", "Canada", 43.65, -79.38),
    ("Montréal", "QC", "H3B 1A7", "Canada", 45.5, -73.57),
    ("London", None, "SW1A 1AA", "United Kingdom", 51.5, -0.14),
    ("Paris", None, "75001", "France", 48.86, 2.34),
    ("Besançon", None, "25000", "France", 47.24, 6.02),
    ("München", "Bayern", "80331", "Germany", 48.14, 11.57),
    ("Zürich", "ZH", "8001", "Switzerland", 47.37, 8.54),
    ("São Paulo", "SP", "01310-100", "Brazil", -23.56, -46.66),
    ("Kraków", None, "31-042", "Poland", 50.06, 19.94),
    ("서울특별시", None, "04524", "대한민국", 37.57, 126.98),
    ("東京", None, "100-0001", "日本", 35.68, 139.75),
    ("Sydney", "NSW", "2000", "Australia", -33.87, 151.21),
)
"""City, state, postal code, country, latitude, longitude: one place stays one place."""

STREETS = _listed(
    """
    Main Street; High Street; Elm Avenue; Rue de l'Église; Bahnhofstraße; Calle Mayor; Park
    Road; Market Street; 5th Avenue; King's Road; Boulevard Voltaire; Via Roma; Harbour Way;
    세종대로; Lake Drive
    """
)
STREET_SECOND_LINES = ("Suite 400", "2nd floor", "Bât. C", 'c/o "The Mill"', "PO Box 12, Unit B")

TITLES = _listed(
    """
    CEO; CFO; CTO; VP, Sales; VP of Marketing; Director, IT; Buyer; Head of Operations;
    Engineer; Analyst; Regional Manager (EMEA); Chef de projet; Assistant; Owner; Consultant
    """
)
DEPARTMENTS = _listed(
    """
    Finance; Sales; Marketing; Engineering; Operations; R&D; Human Resources; IT; Légal
    """
)
DOMAINS = _listed(
    """
    example.com; example.org; example.net; mail.example.com; post.example.fr
    """
)
SUBJECTS = _listed(
    """
    Call; Email; Send quote; Follow up on proposal; Meeting: Q3 review; Démo produit; 견적 요청;
    Invoice question; Re: "urgent" order; Renewal, year 2
    """
)
WORDS = _listed(
    """
    alpha; bravo; coast; delta; ember; falcon; garnet; harvest; indigo; jade; kelp; lunar;
    moss
    """
)

SENTENCES = (
    "Met at the trade show and asked for a quote.",
    'Said: "call me back on Monday".',
    "Prefers e-mail; never phone before 10:00.",
    "Commande confirmée, livraison prévue à Besançon.",
    "계약 갱신을 검토 중입니다.",
    "Three sites: Lyon, Paris, and Nice.",
    "Wants the 50% discount, or else will wait until Q4.",
    "Ticket solved 🎉 customer is happy.",
    "First line\nsecond line, after a break",
    "Tab\there; backslash \\ there; 'quotes' everywhere",
)
ODD_TEXTS = (
    "NULL",
    "NA",
    "N/A",
    "None",
    "null",
    "NaN",
    "#N/A",
    " leading blank",
    "trailing blank ",
    '"quoted"',
    "a, b, c",
    "line one\nline two",
    "0012",
    "1e5",
    "true",
    "-",
    "'; --",
    "한국어",
    "emoji 🚀",
    "ﬁne ligature",
)
"""Texts a pipeline turns into nulls, numbers or broken lines when it is careless."""
