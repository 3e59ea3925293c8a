#!/usr/bin/env bash
# Every call of Adobe's guide "Connect Salesforce using the Flow Service API" against sallyport.
#
#   sallyport demo --keep                   # in one terminal
#   examples/flow-service.sh [DEMO_JSON]    # in another; the default is the newest demo of yours
#
# Only the host and the values in the bodies are replaced. The guide prints its bodies with JSON syntax
# errors; each is sent as printed first (and must get a 400 that names the position), then repaired:
#   repair 1, all three bodies: `"params":` is followed by no `{`; one is added
#   repair 2, the JWT body:     `"jwtToken": "{JWT_TOKEN},` lacks its closing quote; it is added
# The calls of the guide's AWS section carry no x-sandbox-name: they use the org's default sandbox.
#
# Prints the status and body of every call; fails if one differs from the contract.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
python="${PYTHON:-$here/../.venv/bin/python}"
demo="${1:-}"
if [[ -z "$demo" ]]; then
  for found in "${TMPDIR:-/tmp}"/sallyport-demo-*/demo.json; do
    if [[ -O "$found" && ( -z "$demo" || "$found" -nt "$demo" ) ]]; then demo="$found"; fi
  done
fi
if [[ ! -r "$demo" ]]; then
  echo "usage: examples/flow-service.sh [DEMO_JSON]; no running demo was found." >&2
  echo "Start one with: sallyport demo --keep (it prints where its demo.json is)" >&2
  exit 2
fi
expected=18
passed=0 seen=0

value() { "$python" -c 'import json,sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."): value = value[key]
print(value, end="")' "$demo" "$1"; }

HOST="$(value api.url)"
API_KEY="$(value api.client_id)"
ORG_ID="$(value api.org)"
SANDBOX_NAME=prod
ENVIRONMENT_URL="$(value org.url)"
USERNAME="$(value org.basic.username)"
PASSWORD="$(value org.basic.password)"
SECURITY_TOKEN="$(value org.basic.security_token)"
CLIENT_ID="$(value org.client_credentials.client_id)"
CLIENT_SECRET="$(value org.client_credentials.client_secret)"
JWT_CLIENT_ID="$(value org.jwt.client_id)"
JWT_CLIENT_SECRET="$(value org.jwt.client_secret)"
JWT_TOKEN="$(value org.jwt.jwt_token)"
RUN="$(date +%s)$RANDOM"   # names are unique in a sandbox, so that the script can run twice

# check NAME EXPRESSION: the expression sees `status` and `body` of the last call
check() {
  seen=$((seen + 1))
  if STATUS="$status" BODY="$body" "$python" -c 'import json, os, re, sys
status, text = int(os.environ["STATUS"]), os.environ["BODY"]
body = json.loads(text) if text else None
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
sys.exit(not eval("(" + sys.argv[1] + ")"))' "$2"; then
    passed=$((passed + 1)); echo "  ok    $1"
  else
    echo "  FAIL  $1"
  fi
}

# call NAME CURL-ARGUMENTS: runs curl, prints status and body, leaves them in $status and $body
call() {
  echo "== $1"; shift
  local answer
  answer="$(curl -sS -w '\n%{http_code}' "$@")"
  status="${answer##*$'\n'}" body="${answer%$'\n'*}"
  printf '%s %s\n' "$status" "$body"
}

call "IMS token (the guide's {ACCESS_TOKEN})" -X POST "$HOST/ims/token/v3" \
  -d grant_type=client_credentials -d "client_id=$API_KEY" --data-urlencode "client_secret@"<(value api.client_secret)
check "a bearer token with its life in seconds" \
  'status == 200 and body["token_type"] == "bearer" and body["expires_in"] > 500'
ACCESS_TOKEN="$("$python" -c 'import json,sys; print(json.loads(sys.argv[1])["access_token"])' "$body")"

azure=(-X POST "$HOST/data/foundation/flowservice/connections"
  -H "Authorization: Bearer $ACCESS_TOKEN" -H "x-api-key: $API_KEY" -H "x-gw-ims-org-id: $ORG_ID"
  -H "x-sandbox-name: $SANDBOX_NAME" -H 'Content-Type: application/json')
aws=(-X POST "$HOST/data/foundation/flowservice/connections"
  -H "Authorization: Bearer $ACCESS_TOKEN" -H "x-api-key: $API_KEY" -H "x-gw-ims-org-id: $ORG_ID"
  -H 'Content-Type: application/json')

created='status == 201 and re.fullmatch(UUID, body["id"]) and re.fullmatch("\"[0-9a-f-]+\"", body["etag"])'
not_json='status == 400 and body["status"] == 400 and re.search(r"line \d+, column \d+", body["report"]["detailed-message"])'

# until_enabled NAME AUTH-KIND: the guide's GET, repeated until the state is final
until_enabled() {
  local id tries=0
  id="$("$python" -c 'import json,sys; print(json.loads(sys.argv[1])["id"])' "$body")"
  while :; do
    call "$1: GET /connections/$id" -X GET "$HOST/data/foundation/flowservice/connections/$id" \
      -H "Authorization: Bearer $ACCESS_TOKEN" -H "x-api-key: $API_KEY" \
      -H "x-gw-ims-org-id: $ORG_ID" -H 'Content-Type: application/json'
    [[ "$body" == *'"state":"initializing"'* ]] || break
    tries=$((tries + 1)); ((tries < 120)) || break
    sleep 0.5
  done
  check "$1: 200 and one item, enabled" \
    'status == 200 and len(body["items"]) == 1 and body["items"][0]["state"] == "enabled"'
  check "$1: every common field" \
    'set(body["items"][0]) >= {"id","createdAt","updatedAt","createdBy","updatedBy","createdClient","updatedClient","sandboxId","sandboxName","imsOrgId","name","description","connectionSpec","state","auth","version","etag"}
     and body["items"][0]["version"] == body["items"][0]["etag"]
     and body["items"][0]["sandboxName"] == "prod"
     and body["items"][0]["auth"]["specName"] == "'"$2"'"
     and body["items"][0]["connectionSpec"] == {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}'
  check "$1: secrets masked" \
    'not any(secret and secret in text for secret in ["'"$PASSWORD"'", "'"$SECURITY_TOKEN"'", "'"$CLIENT_SECRET"'", "'"$JWT_CLIENT_SECRET"'", "'"$JWT_TOKEN"'"])'
}

# printed BODY: the guide's body with its syntax errors; repaired BODY: with the repairs listed above
repaired() { "$python" -c 'import sys
text = sys.argv[1].replace("\"params\":\n", "\"params\": {\n")
print(text.replace(sys.argv[2] + ",", sys.argv[2] + "\",") if len(sys.argv) > 2 else text, end="")' "$@"; }

basic='{
      "name": "ACME Salesforce account '"$RUN"'",
      "description": "Salesforce account using basic authentication",
      "auth": {
          "specName": "Basic Authentication",
          "params":
            "environmentUrl": "'"$ENVIRONMENT_URL"'",
            "username": "'"$USERNAME"'",
            "password": "'"$PASSWORD"'",
            "securityToken": "'"$SECURITY_TOKEN"'"
        }
      },
      "connectionSpec": {
          "id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
          "version": "1.0"
      }
  }'
call "Basic authentication, as printed" "${azure[@]}" -d "$basic"
check "Basic as printed: 400 that names the position" "$not_json"
call "Basic authentication, repair 1" "${azure[@]}" -d "$(repaired "$basic")"
check "Basic: 201 with id and etag" "$created"
until_enabled "Basic" "Basic Authentication"

oauth='{
      "name": "ACME Salesforce account (OAuth) '"$RUN"'",
      "description": "Salesforce account using OAuth 2",
      "auth": {
          "specName": "OAuth2 Client Credential",
          "params":
            "environmentUrl": "'"$ENVIRONMENT_URL"'",
            "clientId": "'"$CLIENT_ID"'",
            "clientSecret": "'"$CLIENT_SECRET"'",
            "apiVersion": "60.0"
        }
      },
      "connectionSpec": {
          "id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
          "version": "1.0"
      }
  }'
call "OAuth 2 client credentials, as printed" "${azure[@]}" -d "$oauth"
check "OAuth 2 as printed: 400 that names the position" "$not_json"
call "OAuth 2 client credentials, repair 1" "${azure[@]}" -d "$(repaired "$oauth")"
check "OAuth 2: 201 with id and etag" "$created"
until_enabled "OAuth 2" "OAuth2 Client Credential"
check "OAuth 2: the API version that is used is shown" \
  'body["items"][0]["auth"]["params"]["apiVersion"] == "60.0"'

jwt='{
      "name": "ACME Salesforce account on AWS '"$RUN"'",
      "description": "ACME Salesforce account on AWS",
      "auth": {
          "specName": "OAuth2 JWT Token Credential",
          "params":
            "jwtToken": "'"$JWT_TOKEN"',
            "clientId": "'"$JWT_CLIENT_ID"'",
            "clientSecret": "'"$JWT_CLIENT_SECRET"'",
            "instanceUrl": "'"$ENVIRONMENT_URL"'"
        }
      },
      "connectionSpec": {
          "id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
          "version": "1.0"
      }
  }'
call "JWT (AWS, no x-sandbox-name), as printed" "${aws[@]}" -d "$jwt"
check "JWT as printed: 400 that names the position" "$not_json"
call "JWT (AWS), repairs 1 and 2" "${aws[@]}" -d "$(repaired "$jwt" "$JWT_TOKEN")"
check "JWT: 201 with id and etag" "$created"
until_enabled "JWT" "OAuth2 JWT Token Credential"
check "JWT: the org's id is filled in" \
  're.fullmatch("00D[0-9A-Za-z]{15}", body["items"][0]["auth"]["params"]["orgId"])'

if ((passed == seen && seen == expected)); then word=ok code=0; else word=failed code=1; fi
echo "flow-service: $word, $passed of $expected checks"
exit $code
