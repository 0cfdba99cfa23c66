"""How the stand-in for the Hub answers: one request at a time, as the client expects it."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.mini_hub import LOST, OWNER, READ_ONLY, TOKEN, Entry, MiniHub, Refusal, Repo, git_blob

LFS_SUFFIXES = (".tar", ".parquet")
REGULAR_MAX = 10 << 20  # larger ones the real Hub refuses as plain git blobs
DATE = "2026-01-01T00:00:00.000Z"

ROUTES = re.compile(r"^/api/datasets/([^/]+/[^/]+)(?:/(.*))?$")
RESOLVE = re.compile(r"^/datasets/([^/]+/[^/]+)/(?:resolve|raw)/([^/]+)/(.+)$")
LFS_BATCH = re.compile(r"^/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch$")


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: MiniHub

    def log_message(self, *_: Any) -> None:
        pass

    def handle_any(self) -> None:
        self.server.requests.append((self.command, self.path))
        url = urlsplit(self.path)
        self.query = {key: values[-1] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
        self.body = self._body()
        fault = self.server.fault(self.command, url.path)
        self.silent = fault == LOST
        try:
            if isinstance(fault, int):
                raise Refusal(fault, "a fault was asked for")
            self.route(unquote(url.path))
        except Refusal as refusal:
            headers = {"X-Error-Message": str(refusal)}
            headers |= {"X-Error-Code": refusal.code} if refusal.code else {}
            headers |= {"X-Repo-Commit": refusal.commit} if refusal.commit else {}
            self.reply({"error": str(refusal), "url": self._created_url()}, headers, refusal.status)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815 - the names http.server looks for

    def reply(self, answer: Any, headers: dict[str, str] | None = None, status: int = 200) -> None:
        if self.silent:
            self.close_connection = True
            self.connection.close()
            return
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def route(self, path: str) -> None:
        """Answer, from the most special address to the most general."""
        plain = {
            "/api/whoami-v2": self._whoami,
            "/api/repos/create": self._create,
            "/api/validate-yaml": self._validate,
        }
        if path in plain:
            plain[path]()
        elif path.startswith("/_lfs/"):
            self._lfs_object(path.split("/")[2])
        elif found := LFS_BATCH.match(path):
            self._lfs_batch(found[1])
        elif found := ROUTES.match(urlsplit(self.path).path):  # names of references hold slashes, in codes
            self._repo(self._readable(unquote(found[1])), *map(unquote, (found[2] or "").split("/")))
        elif found := RESOLVE.match(path):
            self._resolve(self._readable(found[1]), found[2], found[3])
        else:
            raise Refusal(404, f"no such address here: {self.command} {path}")

    def _repo(self, repo: Repo, verb: str, *rest: str) -> None:
        reads: dict[str, Callable[..., Any]] = {
            "": self._info, "revision": self._info, "tree": self._tree, "paths-info": self._paths, "refs": self._refs,
            "lfs-files": self._large_files, "discussions": self._discussions,
        }  # fmt: skip
        writes: dict[str, Callable[..., Any]] = {
            "preupload": self._preupload, "xet-write-token": self._xet, "commit": self._commit, "tag": self._tag,
            "super-squash": self._squash, "settings": self._settings, "user-access-request": self._let_in,
        }  # fmt: skip
        if verb in writes:
            self._need_user(writes=True)
        elif verb not in reads:
            raise Refusal(404, f"no such address here: {self.command} {self.path}")
        self.reply((reads | writes)[verb](repo, *rest))

    def _whoami(self) -> None:
        self._need_user()
        self.reply({"type": "user", "name": OWNER, "orgs": [], "auth": {"type": "access_token"}})

    def _create(self) -> None:
        self._need_user(writes=True)
        asked = json.loads(self.body)
        self.server.create(self._name(asked), private=asked.get("visibility") == "private")
        self.reply({"url": self._created_url(), "name": self._name(asked), "id": self._name(asked)})

    def _created_url(self) -> str:
        """Where a repository lies; the client reads it out of the refusal to make it twice, too."""
        is_creation = self.path == "/api/repos/create"
        return f"{self.server.url}/datasets/{self._name(json.loads(self.body))}" if is_creation else self.server.url

    @staticmethod
    def _name(asked: dict[str, Any]) -> str:
        return f"{asked.get('organization') or OWNER}/{asked['name']}"

    def _validate(self) -> None:
        import yaml  # type: ignore[import-untyped]

        front = re.match(r"---\n(.*?)\n---\n", json.loads(self.body)["content"], re.S)
        try:
            ok = front is not None and isinstance(yaml.safe_load(front[1]), dict)
        except yaml.YAMLError:
            ok = False
        errors = [] if ok else [{"message": "the front matter is not YAML"}]
        self.reply({"errors": errors, "warnings": []}, status=400 if errors else 200)

    def _lfs_batch(self, name: str) -> None:
        self._need_user()
        self._readable(name)
        objects = []
        for one in json.loads(self.body)["objects"]:
            upload = {"upload": {"href": f"{self.server.url}/_lfs/{one['oid']}"}}
            objects.append(one if self.server.has_object(one["oid"]) else {**one, "actions": upload})
        self.reply({"transfer": "basic", "objects": objects})

    def _lfs_object(self, sha256: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != sha256:
            raise Refusal(400, "sha256 mismatch")
        self.server.objects[sha256] = self.body
        self.reply(b"")

    def _info(self, repo: Repo, revision: str = "main") -> dict[str, Any]:
        sha = repo.revision(revision)
        files = repo.commits[sha].files
        siblings = [
            {"rfilename": path, "size": entry.size, "blobId": entry.oid} for path, entry in sorted(files.items())
        ]
        common = {"_id": "0" * 24, "id": repo.id, "author": repo.id.split("/")[0], "sha": sha, "private": repo.private}
        return {**common, "gated": repo.gated, "disabled": False, "createdAt": DATE, "lastModified": DATE, "downloads": 0,
                "likes": 0, "tags": [], "siblings": siblings}  # fmt: skip

    def _paths(self, repo: Repo, revision: str) -> list[dict[str, Any]]:
        files = repo.commits[repo.revision(revision)].files
        paths = json.loads(self.body)["paths"] if self.body.startswith(b"{") else parse_qs(self.body.decode())["paths"]
        return [files[path].as_json(path) for path in paths if path in files]

    def _refs(self, repo: Repo) -> dict[str, Any]:
        branches = [
            {"name": name, "ref": f"refs/heads/{name}", "targetCommit": sha} for name, sha in repo.branches.items()
        ]
        tags = [{"name": name, "ref": f"refs/tags/{name}", "targetCommit": sha} for name, sha in repo.tags.items()]
        converts = [{"name": name, "ref": f"refs/convert/{name}", "targetCommit": "0" * 40} for name in repo.converts]
        pulls = [
            {"name": name, "ref": name, "targetCommit": sha} for name, sha in repo.branches.items() if name != "main"
        ]
        return {
            "branches": [one for one in branches if one["name"] == "main"],
            "tags": tags,
            "converts": converts,
            "pullRequests": pulls,
        }

    def _large_files(self, repo: Repo, *rest: str) -> Any:
        if rest == ("batch",):
            for sha256 in json.loads(self.body)["deletions"]["sha"]:
                self.server.objects.pop(sha256, None)
            return {}
        held = {entry.sha256: (path, entry) for one in repo.commits.values() for path, entry in one.files.items()}
        return [
            {"fileOid": sha256, "filename": path, "oid": sha256, "pushedAt": DATE, "ref": "main", "size": entry.size}
            for sha256, (path, entry) in held.items()
            if sha256 in self.server.objects
        ]

    def _squash(self, repo: Repo, branch: str) -> dict[str, Any]:
        files = repo.head.files
        repo.commits = {sha: repo.commits[sha] for sha in repo.tags.values()}
        repo.branches.pop(branch)
        repo.add(files, "squashed")
        return {}

    def _settings(self, repo: Repo) -> dict[str, Any]:
        repo.gated = json.loads(self.body)["gated"]
        return {}

    def _let_in(self, repo: Repo, state: str) -> list[dict[str, Any]]:
        if state != "accepted" or not repo.gated:
            raise Refusal(400, "this stand-in lists only who was let into a gated dataset")
        return [
            {"requestId": f"{number:024x}", "status": state, "timestamp": DATE,
             "user": {"user": user, "fullname": user.title(), "email": email}}
            for number, (user, email) in enumerate(repo.let_in)
        ]  # fmt: skip

    def _tag(self, repo: Repo, revision: str) -> dict[str, Any]:
        if self.command == "DELETE":
            del repo.tags[revision]
            return {}
        name = json.loads(self.body)["tag"]
        if name in repo.tags:
            raise Refusal(409, "Reference already exists")
        repo.tags[name] = repo.revision(revision)
        return {}

    def _xet(self, repo: Repo, revision: str) -> dict[str, Any]:
        if self.server.store is None:
            raise Refusal(404, f"{repo.id} at {revision} has no such store")
        return {"casUrl": f"local://{self.server.store.folder}", "accessToken": "x", "exp": 2**31}

    def _tree(self, repo: Repo, revision: str, *folder: str) -> list[dict[str, Any]]:
        sha, prefix = repo.revision(revision), "".join(f"{part}/" for part in folder)
        files = {path: entry for path, entry in sorted(repo.commits[sha].files.items()) if path.startswith(prefix)}
        if prefix and not files:
            raise Refusal(404, f"{prefix} does not exist", "EntryNotFound", sha)
        recursive = self.query.get("recursive", "false").lower() in ("true", "1")
        shown = [entry.as_json(path) for path, entry in files.items() if recursive or "/" not in path[len(prefix) :]]
        folders = {path.rsplit("/", 1)[0] for path in files if "/" in path[len(prefix) :]}
        return [
            *({"type": "directory", "path": one, "oid": git_blob(one.encode()), "size": 0} for one in folders),
            *shown,
        ]

    def _discussions(self, repo: Repo, *rest: str) -> dict[str, Any]:
        """Pull requests: all of them, or one of them merged."""
        if len(rest) == 2 and rest[1] == "merge":
            self._need_user(writes=True)
            pull = repo.pulls[int(rest[0])]
            if pull["status"] != "open" or pull["base"] != repo.branches["main"]:
                raise Refusal(409, "This pull request cannot be merged")
            files = repo.commits[repo.branches[pull["ref"]]].files
            repo.add(dict(files), f"merge {pull['title']}")
            pull["status"] = "merged"
            return {}
        shown = [
            {"title": pull["title"], "num": number, "author": {"name": OWNER}, "createdAt": DATE,
             "status": pull["status"], "repo": {"name": repo.id, "type": "dataset"}, "isPullRequest": True}
            for number, pull in repo.pulls.items()
        ]  # fmt: skip
        return {"count": len(shown), "start": 0, "discussions": shown}

    def _preupload(self, repo: Repo, _: str) -> dict[str, Any]:
        rules = repo.head.files.get(".gitignore")
        ignored = self.server.content(rules).decode().split() if rules else []
        files = []
        for one in json.loads(self.body)["files"]:
            path, old = one["path"], repo.head.files.get(one["path"])
            large = path.endswith(LFS_SUFFIXES) or one["size"] > REGULAR_MAX
            skip = any(path.endswith(rule.lstrip("*")) for rule in ignored)
            known = {"oid": old.sha256 or old.oid} if old else {}
            files.append({"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": skip, **known})
        return {"files": files}

    def _commit(self, repo: Repo, revision: str) -> dict[str, Any]:
        lines = [json.loads(line) for line in self.body.splitlines() if line.strip()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        with self.server.lock:
            if header.get("parentCommit") not in (None, repo.branches[revision]):
                raise Refusal(412, "A commit has happened since. Please refresh and try again.")
            files = dict(repo.commits[repo.branches[revision]].files)
            for line in lines:
                self._apply(files, line["key"], line["value"])
            pulled = repo.pull(header["summary"]) if self.query.get("create_pr") else None
            sha = repo.add(files, header["summary"], f"refs/pr/{pulled}" if pulled else revision)
        url = f"{self.server.url}/datasets/{repo.id}/commit/{sha}"
        pull_url = f"{self.server.url}/datasets/{repo.id}/discussions/{pulled}" if pulled else None
        return {"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": "", "pullRequestUrl": pull_url}

    def _apply(self, files: dict[str, Entry], key: str, value: dict[str, Any]) -> None:
        if key == "file":
            files[value["path"]] = self.server.blob(base64.b64decode(value["content"]))
        elif key == "lfsFile":
            if not self.server.has_object(value["oid"]):
                raise Refusal(400, f"no such large file: {value['path']}")
            files[value["path"]] = Entry(git_blob(value["oid"].encode()), value["size"], value["oid"])
        elif key == "deletedFile" and files.pop(value["path"], None) is None:
            raise Refusal(404, "A file with this name doesn't exist", "EntryNotFound")

    def _resolve(self, repo: Repo, revision: str, path: str) -> None:
        sha = repo.revision(revision)
        entry = repo.commits[sha].files.get(path)
        if entry is None:
            raise Refusal(404, "Entry not found", "EntryNotFound", sha)
        tag = f'"{entry.sha256 or entry.oid}"'
        self.reply(self.server.content(entry), {"ETag": tag, "X-Repo-Commit": sha, "Accept-Ranges": "none"})

    def _readable(self, name: str) -> Repo:
        repo = self.server.repos.get(name)
        if repo is None or (repo.private and not self._is_user()):
            raise Refusal(404 if repo is None else 401, "Repository not found", "RepoNotFound")
        return repo

    def _is_user(self) -> bool:
        return self.headers.get("authorization") in (f"Bearer {TOKEN}", f"Bearer {READ_ONLY}")

    def _need_user(self, *, writes: bool = False) -> None:
        if not self._is_user():
            raise Refusal(401, "Invalid credentials in Authorization header")
        if writes and self.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(403, "You don't have the rights to create or change a dataset with this token")

    def _body(self) -> bytes:
        if "chunked" not in (self.headers.get("transfer-encoding") or "").lower():
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)
