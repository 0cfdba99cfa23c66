# CASE-11 and CASE-12 of ../shared/data/field, whose verdicts stay as they are.
# Re-pointed: lib.sh is read from $FIELD, and the sounds from CASE-10. CASE-12 holds a release from before any mend, so a
# fresh one is exported into a folder `set [v1]`, and the lines that load it are those of its own card. CASE-11 runs as it
# is, on that collection, whose raters were told (a release with single answers is not published before that).
# Run from the root of the checkout: E=.venv/bin/emocurate bash tests/field/release.sh
FIELD=${FIELD:-$(cd "$(dirname "$0")/../../../shared/data/field" && pwd)}; export SRC=${SRC:-$PWD}
. "$FIELD/lib.sh"; HERE=$FIELD/CASE-10; H="$W/set [v1]"
$E init "$H" >/dev/null 2>&1; $E add $HERE/a.flac $HERE/b.flac --licence CC0-1.0 --home "$H" 2>/dev/null; $E run --home "$H" 2>/dev/null
$E answers import $HERE/votes.csv --item file --rater rater --value emotion --home "$H" 2>/dev/null | head -2; $E run --home "$H" 2>/dev/null
echo "Your answers are passed on to everybody, under a pseudonym." > $W/notice.txt; $E raters notice $W/notice.txt --home "$H" >/dev/null; $E export --home "$H" 2>/dev/null
cat > $W/blocks.py <<'PY'
import re,sys
folder=sys.argv[1]; text=open(folder+"/README.md").read().replace("/path/to/this/release",folder)
print("\n".join(b for b in re.findall(r"```python\n(.*?)```",text,re.S) if any(w in b for w in sys.argv[2:]) or b.startswith("folder =")))
PY
run(){ $PY $W/blocks.py "$H/releases/v1" "$@" > $W/code.py && HF_HOME=$W/hf $PY $W/code.py; }
echo "=== CASE-12"; run "sorted(glob" DatasetInfosDict read_table 2>&1 | tail -4; run "sorted(glob" DatasetInfosDict read_table >/dev/null 2>&1
verdict $? "the lines of the card load a release that lies in a folder with brackets in its name"
run "sorted(glob" every_nth >/dev/null && sed -i '/^for sample in webdataset/,/break/d' $W/code.py && RANK=1 WORLD_SIZE=2 LOCAL_RANK=1 $PY $W/code.py
verdict $? "the second of two training processes gets samples (or the card says that one shard suits one process)"
echo "=== CASE-11"; H="$H" E="$E" SRC="$SRC" bash "$FIELD/CASE-11/repro.sh"
