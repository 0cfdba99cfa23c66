# CASE-05 of ../shared/data/field, whose inputs and verdict stay as they are.
# Re-pointed: lib.sh and the inputs are read from $FIELD, and terms.py stands in for lic.py, whose tables have moved.
# Run from the root of the checkout: E=.venv/bin/emocurate bash tests/field/rights.sh
FIELD=${FIELD:-$(cd "$(dirname "$0")/../../../shared/data/field" && pwd)}; LIC=$(cd "$(dirname "$0")" && pwd)/terms.py
. "$FIELD/lib.sh"; HERE=$FIELD/CASE-05
mkdir $W/m; cp $HERE/a.flac $HERE/b.flac $W/m/; $E init $W/c >/dev/null 2>&1; $E add $W/m --licence CC-BY-4.0 --metadata $HERE/licences.csv --home $W/c 2>&1; $PY "$LIC" $W/c
cp $HERE/c.flac $W/m/; echo "--- one recording more, the table left out"; $E add $W/m --licence CC-BY-4.0 --home $W/c 2>&1; $PY "$LIC" $W/c | tee $W/o
grep -q "a.flac|licence|CC-BY-NC-4.0|Studio A" $W/o; verdict $? "a.flac keeps the CC-BY-NC-4.0 and the attribution its own row gave it"
