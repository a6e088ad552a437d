#!/bin/bash
# POST /mcp, one row for each rule of the protocol, in both of its eras: what is answered, and what
# is refused with which status and code.
. "$(dirname "$0")/lib.sh"
fresh
sign_in admin
conf http-api hosts "clinic"
start http-api
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}
META='"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}'

# post BODY CURL-ARGS...: "STATUS CODE", where there is one; all of it in $T/said
post() {
	curl -sS -m 20 -o "$T/said" -D "$T/head" -w '%{http_code}' -H 'Content-Type: application/json' -d "$@"
	jq -r '.error.code // empty | " \(.)"' "$T/said" | tr -d '\n'
}
said() { jq -c "$1" "$T/said"; }
# today METHOD PARAMS CURL-ARGS...: a request of 2026-07-28 with the headers that go with it
today() {
	local method=$1 params=$2

	shift 2
	post "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"$method\",\"params\":{${params:+$params,}\"_meta\":{$META}}}" \
		-H 'MCP-Protocol-Version: 2026-07-28' -H "Mcp-Method: $method" "$@" "$URL/mcp"
}
before() { local body="{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"$1\",\"params\":{$2}}"; shift 2; post "$body" "$@" "$URL/mcp"; }

# ---- 2026-07-28
is "$(today server/discover '')" 200 "server/discover"
is "$(said '[.id, .result.resultType, .result.supportedVersions, .result.cacheScope, .result.capabilities, .result._meta["io.modelcontextprotocol/serverInfo"].name]')" \
	'[7,"complete",["2026-07-28","2025-11-25","2025-06-18","2025-03-26"],"private",{"tools":{},"resources":{}},"ihht"]' "says which revisions there are, and who it is"
is "$(today tools/list '')" 200 "tools/list"
is "$(said '.result | [.resultType, (.ttlMs > 0), .cacheScope, (.tools | length)]')" '["complete",true,"private",9]' "says how long it may be kept, and by whom"
cp "$T/said" "$T/first"
today tools/list '' >/dev/null
check "and is the same each time" cmp "$T/first" "$T/said"
is "$(today resources/templates/list '')" 200 "resources/templates/list"
is "$(today tools/list '"cursor":"x"')" '200 -32602' "a cursor where there is one page"
is "$(today resources/read '"uri":"schema://readings"' -H 'Mcp-Name: schema://readings')" 200 "a resource"
like "$(said '.result.contents[0].text | fromjson | .columns[] | select(.name == "spo2")')" '"unit":"%"' "with units"
is "$(today resources/read '"uri":"schema://readings"' -H 'Mcp-Name: =?base64?c2NoZW1hOi8vcmVhZGluZ3M=?=')" 200 "its name in Base64"
is "$(today resources/read '"uri":"schema://none"' -H 'Mcp-Name: schema://none')" '200 -32602' "none of that name"
is "$(today tools/call '"name":"none"' -H 'Mcp-Name: none')" '200 -32602' "no such tool"
is "$(today ping '')" '404 -32601' "ping is of the past"
is "$(today initialize '')" '404 -32601' "so is initialize"
is "$(today subscriptions/listen '')" '404 -32601' "no streams"
is "$(today tools/list '' -H 'Mcp-Session-Id: x' -H 'Last-Event-ID: 3')" 200 "a session of old is passed over"
unlike "$(cat "$T/head")" '[Mm]cp-[Ss]ession' "and none is made"

# ---- headers and body say the same
row() { local want=$1 name=$2 body=$3; shift 3; is "$(post "$body" "$@" "$URL/mcp")" "$want" "$name"; }
LIST="{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{\"_meta\":{$META}}}"
CALL="{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"sync_status\",\"_meta\":{$META}}}"
V=(-H 'MCP-Protocol-Version: 2026-07-28')
row '400 -32020' "no version in the head" "$LIST" -H 'Mcp-Method: tools/list'
is "$(said .id)" 7 "a refusal has the request's id"
row '400 -32020' "another version in the head" "$LIST" -H 'MCP-Protocol-Version: 2025-11-25' -H 'Mcp-Method: tools/list'
row '400 -32020' "no method in the head" "$LIST" "${V[@]}"
row '400 -32020' "another method in the head" "$LIST" "${V[@]}" -H 'Mcp-Method: tools/call'
row '400 -32020' "values are case-sensitive" "$LIST" "${V[@]}" -H 'Mcp-Method: Tools/List'
row 200 "names of headers are not" "$LIST" -H 'mcp-protocol-version: 2026-07-28' -H 'MCP-METHOD: tools/list'
row '400 -32020' "no name in the head" "$CALL" "${V[@]}" -H 'Mcp-Method: tools/call'
row '400 -32020' "another name in the head" "$CALL" "${V[@]}" -H 'Mcp-Method: tools/call' -H 'Mcp-Name: trend'
row '400 -32020' "a name in broken Base64" "$CALL" "${V[@]}" -H 'Mcp-Method: tools/call' -H 'Mcp-Name: =?base64?c3luY19zdGF0dXM?='
row '400 -32602' "no name in the body" "${CALL/\"name\":\"sync_status\",/}" "${V[@]}" -H 'Mcp-Method: tools/call' -H 'Mcp-Name: sync_status'
row '400 -32022' "a version that is not known" "${LIST/2026-07-28/2099-01-01}" -H 'MCP-Protocol-Version: 2099-01-01' -H 'Mcp-Method: tools/list'
is "$(said '[.error.data.requested, .error.data.supported[0]]')" '["2099-01-01","2026-07-28"]' "names those that are"
row '400 -32602' "no capabilities" '{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}' "${V[@]}" -H 'Mcp-Method: tools/list'
row '400 -32602' "no version in the body" '{"jsonrpc":"2.0","id":7,"method":"tools/list"}' "${V[@]}" -H 'Mcp-Method: tools/list'
row '400 -32602' "a version that is no text" '{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":7}}}' "${V[@]}" -H 'Mcp-Method: tools/list'

# ---- the revisions before
for version in 2025-11-25 2025-06-18 2025-03-26; do
	is "$(before initialize "\"protocolVersion\":\"$version\",\"capabilities\":{},\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}") $(said '[.result.protocolVersion, .result.serverInfo.name, .result.resultType]')" \
		"200 [\"$version\",\"ihht\",null]" "initialize of $version"
done
is "$(before initialize '"protocolVersion":"1999-01-01"') $(said .result.protocolVersion)" '200 "2025-11-25"' "of one not known: the newest of them"
unlike "$(cat "$T/head")" '[Mm]cp-[Ss]ession' "without a session"
is "$(before ping '' -H 'MCP-Protocol-Version: 2025-11-25') $(said .result)" '200 {}' "ping"
is "$(before tools/list '') $(said '.result.resultType')" '200 null' "without a header it is 2025-03-26"
is "$(before tools/list '' -H 'MCP-Protocol-Version: 1999-01-01')" '400 -32022' "a version that is not known"
is "$(before server/discover '' -H 'MCP-Protocol-Version: 2025-11-25')" '200 -32601' "a method that came later"
is "$(before resources/read '"uri":"schema://none"' -H 'MCP-Protocol-Version: 2025-11-25')" '200 -32002' "a resource that is not there"

is "$(before resources/read '"uri":"session://a/../b"' -H 'MCP-Protocol-Version: 2025-11-25')" '200 -32002' "nor one that could not be"
is "$(before resources/list '"cursor":"x"' -H 'MCP-Protocol-Version: 2025-11-25')" '200 -32602' "a cursor that is none"
is "$(before resources/read '' -H 'MCP-Protocol-Version: 2025-11-25')" '200 -32602' "a resource without a name"

# ---- what is no request
row 202 "a notification" '{"jsonrpc":"2.0","method":"notifications/initialized"}'
is "$(wc -c <"$T/said")" 0 "is answered with nothing"
row '400 -32600' "a batch" '[{"jsonrpc":"2.0","id":1,"method":"ping"}]'
row '400 -32700' "no JSON" '{"jsonrpc":'
row '400 -32700' "JSON 100 deep" "{\"a\":$(printf '[%.0s' $(seq 100))$(printf ']%.0s' $(seq 100))}"
row '400 -32600' "an answer" '{"jsonrpc":"2.0","id":1,"result":{}}'
row '400 -32600' "no version of JSON-RPC" '{"id":1,"method":"ping"}'
row '400 -32600' "an id that is null" '{"jsonrpc":"2.0","id":null,"method":"ping"}'
row '400 -32600' "an id that is no whole number" '{"jsonrpc":"2.0","id":1.5,"method":"ping"}'
row 200 "an id that is a text" '{"jsonrpc":"2.0","id":"a\u00df","method":"ping"}'
is "$(said .id)" '"aß"' "comes back"
row '400 -32600' "params in a list" '{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}'
for method in GET DELETE PUT; do
	is "$(curl -sS -o /dev/null -w '%{http_code}' -X $method "$URL/mcp")" 405 "$method: 405"
done
is "$(curl -sS -o /dev/null -w '%{http_code}' -d x=1 "$URL/mcp")" 415 "a form: 415"

# ---- who asks, and from where
row 403 "another site's page" "$LIST" -H 'Origin: https://evil.example' "${V[@]}" -H 'Mcp-Method: tools/list'
row 421 "another host's name" "$LIST" -H 'Host: evil.example' "${V[@]}" -H 'Mcp-Method: tools/list'
row 200 "our own page" "$LIST" -H 'Origin: http://localhost' "${V[@]}" -H 'Mcp-Method: tools/list'
export CURL_HOME=/nonexistent
row 401 "no token" "$LIST" "${V[@]}" -H 'Mcp-Method: tools/list' -H 'Host: clinic'
like "$(cat "$T/head")" '^WWW-Authenticate: Bearer .*resource_metadata="http://clinic/\.well-known/oauth-protected-resource/mcp"' "is told where it says who gives them"
row 401 "a token that does not hold" "$LIST" "${V[@]}" -H 'Mcp-Method: tools/list' -H 'Authorization: Bearer x.y.z'
is "$(curl -sS -H 'Host: clinic' "$URL/.well-known/oauth-protected-resource/mcp" | jq -c '[.resource, .bearer_methods_supported, .authorization_servers]')" \
	'["http://clinic/mcp",["header"],null]' "there it is: for /mcp, by us alone"
is "$(curl -sS -H 'X-Forwarded-Proto: https' "$URL/.well-known/oauth-protected-resource" | jq -r .resource)" \
	"https://127.0.0.1:${SETTINGS[http-api/port]}/mcp" "over https behind a proxy"
unset CURL_HOME

unlike "$(log_of http-api)" 'sync_status|tools/|evil' "the log has nothing of what was asked"
stop http-api
echo '{"keys":[{"kty":"oct","k":"c3VwZXItc2VjcmV0LWp3dC10b2tlbi13aXRoLWF0LWxlYXN0LTMyLWNoYXJhY3RlcnM"}]}' >"$T/project.jwks"
conf access jwks "$T/project.jwks"
conf access issuer https://project.example/auth/v1
start http-api
wait_ready http-api
is "$(curl -sS "$URL/.well-known/oauth-protected-resource" | jq -c .authorization_servers)" '["https://project.example/auth/v1"]' "another issuer is named"
stop http-api
done_testing
