# CASE-16 of ../shared/data/field, whose inputs and verdict stay as they are.
# Re-pointed: lib.sh and the inputs are read from $FIELD, and `statements` stands in for `files` and `arrivals`.
# Run from the root of the checkout: E=.venv/bin/emocurate bash tests/field/media.sh
FIELD=${FIELD:-$(cd "$(dirname "$0")/../../../shared/data/field" && pwd)}
. "$FIELD/lib.sh"; HERE=$FIELD/CASE-16
$E init $W/c >/dev/null 2>&1; $E add $HERE/in --licence CC0-1.0 --home $W/c; $E run --home $W/c 2>/dev/null
q $W/c "select f.name, c.kind, count(c.id) from (select distinct name, asset from statements) f left join clips c on c.asset=f.asset where f.name not like '%Store' group by all order by 1,2"
n=$(q $W/c "select count(distinct f.name) from statements f join clips c on c.asset=f.asset"); [ "$n" = 11 ]; verdict $? "11 of 11 media give clips, is $n"
