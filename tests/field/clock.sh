# CASE-03 of ../shared/data/field, whose inputs and verdicts stay as they are.
# Re-pointed: lib.sh and the inputs are read from $FIELD, and `file_states` stands in for `files`, a table that has gone.
# Run from the root of the checkout: E=.venv/bin/emocurate bash tests/field/clock.sh
FIELD=${FIELD:-$(cd "$(dirname "$0")/../../../shared/data/field" && pwd)}
. "$FIELD/lib.sh"; HERE=$FIELD/CASE-03
$E init $W/c >/dev/null 2>&1; $E add $HERE/in --licence CC0-1.0 --home $W/c; $E run --home $W/c 2>/dev/null
q $W/c "select f.name,c.start_ms,c.end_ms from file_states f join clips c on c.asset=f.asset where c.kind='utterance' order by 1,2"
a=$(q $W/c "select max(c.start_ms) from file_states f join clips c on c.asset=f.asset where c.kind='utterance' and f.name='gapvideo.mkv'"); [ "$a" -gt 4300 ]; verdict $? "video: second utterance at about 4540 ms, is $a"
b=$(q $W/c "select max(c.start_ms) from file_states f join clips c on c.asset=f.asset where c.kind='utterance' and f.name='gap.mkv'"); [ "$b" -gt 5000 ]; verdict $? "sound only: second utterance at about 5524 ms of the player's time, is $b"
