"""The columns of what a released sample holds in lists: labels, answers, terms of layers, draws."""

from schemas.columns import Field, ListOf

LABEL_FIELDS: tuple[Field, ...] = (
    Field("scheme", "string", "name and version of the list of questions"),
    Field("question", "string", "the question that was asked"),
    Field("method", "string", "how the answers were weighed into one label"),
    Field("n", "int64", "answers that count"),
    Field("value_category", "string", "the winning category; null for a tie or a scale"),
    Field("value_number", "float64", "the value on a scale, such as the mean; null for categories"),
    Field("confidence", "float64", "share or probability of the winning category; null for a tie or a scale"),
    Field("tied", ListOf("string"), "categories that share the lead"),
    Field("names", ListOf("string"), "categories or scale points of the soft label"),
    Field("shares", ListOf("float64"), "share of the answers for each of `names`"),
    Field("deviation", "float64", "standard deviation of the answers on a scale; n in the divisor, unless sample"),
    Field("agreement", "float64", "share of rater pairs that agree"),
    Field("by", "string", "whose answers: person, model, corpus, or intended (what somebody was asked to show)"),
)
TERMS_FIELDS: tuple[Field, ...] = (
    Field("layer", "string", "what the terms are about: performance, text or generator"),
    Field("source", "string", "id of who granted them"),
    Field("basis", "string", "why it may be used"),
    Field("licence", "string", "licence of the layer"),
    Field("attribution", "string", "whom it asks to name"),
)
SELECTION_FIELDS: tuple[Field, ...] = (
    Field("draw", "string", "which draw: how, and the hash of what was typed"),
    Field("reason", "string", "why it was drawn, or from what and how"),
    Field("probability", "float64", "of its selection; of the later steps of a draw given the earlier ones"),
)
TAKE_FIELDS: tuple[Field, ...] = (
    Field("kind", "string", "candidates (of one prompt), magnitude or polarity"),
    Field("group", "string", "what names the group"),
    Field("rank", "int64", "rank or strength; 1 or -1 for a pole"),
)
ANSWER_FIELDS: tuple[Field, ...] = (
    Field("scheme", "string", "name and version of the list of questions"),
    Field("question", "string", "the question that was asked; `*` is the whole clip"),
    Field("rater", "string", "pseudonym of who answered"),
    Field("rater_kind", "string", "person, model or corpus"),
    Field("state", "string", "given, skipped or withdrawn"),
    Field("category", "string", "the answer to a single choice"),
    Field("number", "float64", "the answer on a scale"),
    Field("categories", ListOf("string"), "the answer to a multiple choice"),
    Field("text", "string", "the answer in words, where these are released; of a skip its reason"),
    Field("week", "string", "the week in which the answer was last changed, UTC"),
    Field("duration_ms", "int64", "how long answering took"),
)
