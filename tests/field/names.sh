# CASE-17 of ../shared/data/field, whose inputs and verdicts stay as they are.
# Re-pointed: lib.sh and the inputs are read from $FIELD, and speakers stand in the table `statements`, not in `files`.
# Run from the root of the checkout: E=.venv/bin/emocurate bash tests/field/names.sh
FIELD=${FIELD:-$(cd "$(dirname "$0")/../../../shared/data/field" && pwd)}
. "$FIELD/lib.sh"; HERE=$FIELD/CASE-17
$E init $W/c >/dev/null 2>&1; $E add $HERE/in --licence CC0-1.0 --metadata $HERE/mac.csv --home $W/c 2>&1; n=$(q $W/c "select count(speaker) from statements"); [ "$n" -ge 1 ]; verdict $? "a table written on a Mac (decomposed é) is matched to the file (composed é)"
$E init $W/d >/dev/null 2>&1; $E add $HERE/in --licence CC0-1.0 --metadata $HERE/metadata.jsonl --home $W/d 2>&1; n=$(q $W/d "select count(speaker) from statements"); [ "$n" -ge 1 ]; verdict $? "the metadata.jsonl of Hugging Face's AudioFolder is read"
