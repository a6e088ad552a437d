// An agent's program: every tool and resource by an official client, in both eras of the protocol.
//
//	node client.mjs modern|legacy URL TOKEN     rows: KEY=VALUE of what it found, or it throws
//
// The clients themselves hold each result to its outputSchema; here that is done once more with
// Ajv, against JSON Schema 2020-12.
import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import * as modern from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const [era, url, token] = process.argv.slice(2)
const about = { name: 'an-agent', version: '1.0.0' }
const requestInit = { headers: { Authorization: `Bearer ${token}` } }
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: true })
addFormats.default(ajv)

const client = era === 'modern'
	? new modern.Client(about, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
	: new Client(about)
await client.connect(new (era === 'modern' ? modern.StreamableHTTPClientTransport
	: StreamableHTTPClientTransport)(new URL(url), { requestInit }))
console.log(`instructions=${/Begin with list_sessions/.test(client.getInstructions())}`)

const { tools } = await client.listTools()
console.log(`tools=${tools.map(t => t.name).join(' ')}`)
const schemas = new Map(tools.map(t => [t.name, [ajv.compile(t.inputSchema), ajv.compile(t.outputSchema)]]))
assert.ok(tools.every(t => t.annotations.readOnlyHint && !t.annotations.destructiveHint))

async function call(name, args = {}) {
	const [input, output] = schemas.get(name)
	assert.ok(input(args), `${name}: arguments are of inputSchema: ${ajv.errorsText(input.errors)}`)
	const result = await client.callTool({ name, arguments: args })
	if (result.isError)
		return result.content[0].text
	const got = result.structuredContent
	assert.ok(output(got), `${name}: the result is of outputSchema: ${ajv.errorsText(output.errors)}`)
	assert.deepEqual(JSON.parse(result.content[1].text), got)
	assert.equal(got.units.times, 'ISO 8601, UTC')
	assert.ok(got.provenance.asked_at && !got.provenance.includes_mock === !args.include_mock)
	return got
}

// Every page of a list; each fits 300 kB.
async function all(name, args, list) {
	const rows = []
	for (let cursor, n = 0; n < 50; n++) {
		const page = await call(name, cursor ? { ...args, cursor } : args)
		assert.ok(JSON.stringify(page).length < 300_000)
		rows.push(...list(page))
		if (!(cursor = page.next_cursor))
			return rows
	}
	assert.fail(`${name} has no last page`)
}

const listed = await all('list_sessions', { limit: 2 }, page => page.sessions)
console.log(`sessions=${listed.map(s => s.local_session_id).join(' ')}`)
console.log(`with_mock=${(await call('list_sessions', { include_mock: true })).sessions.length}`)
const [newest, next] = listed

const one = await call('get_session', { session_id: newest.id })
console.log(`session=${one.session.local_session_id} ${one.session.phase_figures.length} phases ${one.session.session_adaptive_events.length} events`)
const readings = await all('get_readings', { session_id: newest.id, points: 1000 }, page => page.readings)
console.log(`readings=${readings.length} ${Math.min(...readings.map(r => r.spo2 ?? 999))} ${Math.max(...readings.map(r => r.spo2 ?? 0))} ${new Set(readings.map(r => r.timestamp)).size}`)
const summary = await call('session_summary', { session_id: newest.id })
console.log(`summary=${summary.figures.readings} ${summary.figures.min_spo2} ${summary.figures.max_spo2} ${summary.quality.share_below_90}`)
assert.equal(summary.provenance.readings, summary.figures.readings)
const pair = await call('compare_sessions', { session_ids: [newest.id, next.id] })
const change = pair.differences.find(d => d.figure === 'avg_spo2')
assert.equal(pair.sessions[1].session.id, newest.id)
assert.ok(Math.abs(change.values[1] - change.values[0] - change.change) < 0.0002)
console.log(`compared=${pair.differences.length} ${pair.sessions.map(s => s.session.local_session_id).join(' ')}`)
const trend = await call('trend', { user_id: newest.user_id, from: '2026-01-01' })
console.log(`trend=${trend.weeks.length} ${trend.weeks[0].sessions} ${trend.next_level.last_altitude_level}`)
const quality = await all('data_quality_report', { limit: 4 }, page => page.sessions)
console.log(`quality=${quality.length} ${quality[0].concerns.join('; ')}`)
console.log(`sync=${(await call('sync_status')).status}`)
const gaps = await all('explain_gap', { session_id: newest.id, limit: 2 }, page => page.gaps)
console.log(`gaps=${gaps.length} ${gaps.map(g => g.reason ?? '-').join(' ')}`)

const resources = []
for (let cursor; ;) {
	const page = await client.listResources(cursor ? { cursor } : {})
	resources.push(...page.resources)
	if (!(cursor = page.nextCursor))
		break
}
console.log(`resources=${resources.map(r => r.uri).filter(u => u.startsWith('schema:')).join(' ')} ${resources.length}`)
console.log(`templates=${(await client.listResourceTemplates()).resourceTemplates.map(t => t.uriTemplate).join(' ')}`)
for (const { uri } of resources) {
	const { contents } = await client.readResource({ uri })
	assert.equal(contents[0].uri, uri)
	assert.ok(JSON.parse(contents[0].text))
}

// What a model gets to read when it asks wrongly.
const mock = (await call('list_sessions', { include_mock: true, data_source: 'mock' })).sessions[0]
console.log(`mock=${await call('get_session', { session_id: mock.id })}`)
schemas.forEach(pair => pair[0] = () => true)
console.log(`wrong_word=${await call('list_sessions', { status: 'running' })}`)
console.log(`wrong_name=${await call('list_sessions', { colour: 'red' })}`)
console.log(`wrong_type=${await call('list_sessions', { limit: {} })}`)
console.log(`wrong_limit=${await call('list_sessions', { limit: 101 })}`)
console.log(`wrong_cursor=${await call('list_sessions', { cursor: "1'; DROP TABLE sessions; --" })}`)
console.log(`missing=${await call('get_readings')}`)
console.log(`unknown=${await call('get_session', { session_id: 'IHHT_none' })}`)
console.log(`one_is_no_pair=${await call('compare_sessions', { session_ids: [newest.id] })}`)
const code = async promise => promise.then(() => 'none', error => error.code)
console.log(`no_tool=${await code(client.callTool({ name: 'drop_tables', arguments: {} }))}`)
console.log(`no_resource=${await code(client.readResource({ uri: 'session://IHHT_none' }))} ${await code(client.readResource({ uri: 'file:///etc/passwd' }))}`)
await client.close()
