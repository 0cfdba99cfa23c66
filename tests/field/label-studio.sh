# CASE-06, CASE-07 and CASE-08 of ../shared/data/field (LS/repro.sh), whose inputs and verdicts stay as they are.
# Re-pointed: lib.sh and the two sounds are read from $FIELD, and the surviving answers are counted in
# `latest_answers`, which is what readers use, instead of `current_answers`; the answers of a release lie in its
# `answers.parquet`, no longer in the samples.
# Run from the root of the checkout: E=.venv/bin/emocurate bash tests/field/label-studio.sh
FIELD=${FIELD:-$(cd "$(dirname "$0")/../../../shared/data/field" && pwd)}
. "$FIELD/lib.sh"; HERE=$FIELD/LS
mkdir $W/m; cp $HERE/*.flac $W/m/; H="$W/My Data #1 (50% & ü+x)"; $E init "$H" --scheme ekman >/dev/null 2>&1
$E add $W/m --licence CC0-1.0 --home "$H"; $E run --home "$H" 2>/dev/null; $E studio --home "$H" >/dev/null 2>&1; $E push --home "$H"
cat > $W/ls.py <<'PY'
import json,sys,requests,re
from pathlib import Path
H,what=sys.argv[1:3]; j=json.loads((Path(H)/'studio/studio.json').read_text()); U=f"http://127.0.0.1:{j['port']}"; A={"Authorization":"Token "+j['token']}
def call(m,p,**k):
    r=requests.request(m,U+p,headers=A,**k)
    try: return r.status_code,r.json()
    except ValueError: return r.status_code,r.content
P=call('GET','/api/projects/')[1]['results'][0]['id']
T=call('GET',f'/api/tasks?project={P}&page_size=100&fields=all')[1]['tasks']
def say(t,v): return call('POST',f"/api/tasks/{t['id']}/annotations/",json={"lead_time":3,"result":[{"from_name":"emotion","to_name":"_media","type":"choices","value":{"choices":[v]}},{"from_name":"intensity","to_name":"_media","type":"number","value":{"number":50}}]})[0]
if what=='answer': print([say(t,'anger') for t in T[:2]])
if what=='rename':
    c=call('GET',f'/api/projects/{P}')[1]['label_config']; print(call('PATCH',f'/api/projects/{P}',json={"label_config":c.replace('value="fear"','value="anxiety"')})[0], say(T[2],'anxiety'))
if what=='media': bad=[call('GET',t['data']['media'])[0] for t in T]; print('media',bad); sys.exit(any(x!=200 for x in bad))
if what=='delete': print(call('DELETE',f'/api/projects/{P}')[0])
if what=='again': print(say(T[0],'sadness'))
PY
$PY $W/ls.py "$H" media; verdict $? "media play although the collection's path holds # % & + and ü"
$PY $W/ls.py "$H" answer; $E pull --home "$H"
echo "=== CASE-06"; $PY $W/ls.py "$H" rename; $E pull --home "$H" | tee $W/o; echo "rc ${PIPESTATUS[0]}"; sleep 1
grep -qE "anxiety|task|clip" <(grep -i "outside\|left out" $W/o); verdict $? "pull says which value and which task it left out"
$E status --home "$H" | tee $W/o | tail -6; grep -qiE "left out|unreadable|outside" $W/o; verdict $? "status still knows of the answer that was left out"
echo "=== CASE-08"; $E studio --stop --home "$H" >/dev/null 2>&1; mv "$H" $W/moved; $E studio --home $W/moved >/dev/null 2>&1
$PY $W/ls.py $W/moved media; verdict $? "media play after the collection was moved and studio started again"
$E push --home $W/moved >/dev/null 2>&1; $PY $W/ls.py $W/moved media; verdict $? "media play after the next push"
echo "=== CASE-07"; $PY $W/ls.py $W/moved delete; $E pull --home $W/moved 2>&1 | tee $W/o; ! grep -q "nothing has been pushed" $W/o; verdict $? "pull says that the project is gone, not that nothing was pushed"
n=$(q $W/moved "select count(*) from latest_answers where state='given' and question='emotion'"); [ "$n" = 2 ]; verdict $? "the 2 answers survive the deletion of the project, found $n"
$E push --home $W/moved >/dev/null 2>&1; $PY $W/ls.py $W/moved again; $E pull --home $W/moved; $E status --home $W/moved | tail -1; $E export --home $W/moved 2>/dev/null | head -1
$PY - $W/moved <<'PY'
import collections,duckdb,glob,sys
told=duckdb.connect(); worst=0
for f in glob.glob(sys.argv[1]+'/releases/v1/voice/answers.parquet'):
    for key,*a in told.execute("select key, list((rater, question, coalesce(category, number::text))) from read_parquet(?) group by key", [f]).fetchall():
        print(key[:6],*a); worst=max(worst,*collections.Counter((x[0],x[1]) for x in a[0]).values())
sys.exit(worst!=1)
PY
verdict $? "one answer a rater and question in a sample of the release"
$E studio --stop --home $W/moved >/dev/null 2>&1
