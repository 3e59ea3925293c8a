// What an application does with jsforce: one JSON line for each thing it received.
//
//     node with_jsforce.js SETTINGS.json
//
// Runs in a folder that has jsforce and nothing of this project. The SOAP login is told username and
// password and nothing else: it goes to login.salesforce.com; OAuth is told the org's My Domain.
"use strict";

const fs = require("fs");
const { createRequire } = require("module");
const path = require("path");

const settings = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const jsforce = createRequire(path.join(process.cwd(), "index.js"))("jsforce");

// Do one thing, print what came of it, return it; undefined after an exception.
async function step(name, action, show = (value) => value) {
  const started = Date.now();
  const line = { step: name };
  let value;
  try {
    value = await action();
    line.value = show(value) ?? null;
  } catch (error) {
    line.error = `${error.name}: ${error.errorCode ?? ""} ${error.message}`.slice(0, 2000);
  }
  line.seconds = (Date.now() - started) / 1000;
  print(JSON.stringify(line) + "\n");
  return value;
}

// Write all of a text; a pipe takes what it has room for.
function print(text) {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

// Return name, code and message of what a promise is refused with.
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return { name: error.name, code: error.errorCode ?? error.name, message: error.message };
  }
  return "answered";
}

const types = (describe) => Object.fromEntries(describe.fields.map((f) => [f.name, f.type]));
const { soql, version } = settings;

async function logins() {
  const wrong = new jsforce.Connection({ version });
  await step("wrong password is refused", () =>
    refusal(wrong.login(settings.username, "wrong")));
  const soap = new jsforce.Connection({ version });
  await step("SOAP login through the proxy", async () => {
    const user = await soap.login(settings.username, settings.password + settings.security_token);
    return { instance: soap.instanceUrl, user: user.id, org: user.organizationId };
  });
  await step("wrong client secret is refused", () =>
    refusal(clientCredentials({ clientSecret: "wrong" })));
  const oauth = await step("client credentials", () => clientCredentials({}), (connection) => ({
    instance: connection.instanceUrl,
    session: Boolean(connection.accessToken),
  }));
  await step("identity", () => oauth.identity());
  await step("dead session is refreshed", async () => {
    const { client_id: clientId, client_secret: clientSecret, refresh_token } = settings.granted;
    const kept = new jsforce.Connection({
      version,
      instanceUrl: settings.my_domain,
      accessToken: "00D000000000000!dead",
      refreshToken: refresh_token,
      oauth2: { clientId, clientSecret },
    });
    let refreshed = 0;
    kept.on("refresh", () => (refreshed += 1));
    const answers = await Promise.all([1, 2, 3].map((n) =>
      kept.query(`SELECT Id FROM Account ORDER BY Id LIMIT ${n}`)));
    return { refreshed, rows: answers.map((one) => one.records.length) };
  });
  return [soap, oauth];
}

async function clientCredentials(more) {
  const connection = new jsforce.Connection({
    version,
    instanceUrl: settings.my_domain,
    oauth2: {
      loginUrl: settings.my_domain,
      clientId: settings.client_id,
      clientSecret: settings.client_secret,
      ...more,
    },
  });
  await connection.authorize({ grant_type: "client_credentials" });
  return connection;
}

async function reading(connection) {
  await step("global describe", () => connection.describeGlobal(), (all) =>
    all.sobjects.map((one) => one.name));
  await step("describe Opportunity", () => connection.describe("Opportunity"), types);
  await step("describe Ledger__c", () => connection.describe("Ledger__c"), types);
  await step("query, nextRecordsUrl", async () => {
    let page = await connection.query(soql.Account);
    const sizes = [page.records.length];
    const rows = [...page.records];
    while (!page.done) {
      page = await connection.queryMore(page.nextRecordsUrl);
      sizes.push(page.records.length);
      rows.push(...page.records);
    }
    return { sizes, total: page.totalSize, rows };
  });
  await step("query, autoFetch", () =>
    connection.query(soql.Opportunity, { autoFetch: true, maxFetch: 100000 }).then((r) => r.records));
  await step("find with conditions", () =>
    connection.sobject("Ledger__c").find({ Flag__c: true }, settings.fields.Ledger__c)
      .limit(5000).execute({ autoFetch: true, maxFetch: 100000 }));
  await step("parent fields", () =>
    connection.query("SELECT Id, Account.Name FROM Opportunity", { autoFetch: true, maxFetch: 100000 })
      .then((r) => r.records));
  await step("count", () => connection.sobject("Ledger__c").count());
  await step("malformed query is refused", () =>
    refusal(connection.query("SELECT Nothing__c FROM Account")));
  await step("search", () =>
    connection.search("FIND {Account 00042*} IN NAME FIELDS RETURNING Account(Id)"));
  await step("limits", () => connection.limits(), (limits) => limits.DailyApiRequests);
  await step("limitInfo", () => connection.limitInfo, (info) => ({
    used: info.apiUsage.used, total: info.apiUsage.limit,
  }));
}

async function singleRecords(connection) {
  const accounts = connection.sobject("Account");
  const values = { Name: "Zoë & Sons", NumberOfEmployees: 12, Industry: "Banking" };
  const made = await step("create", () => accounts.create(values));
  await step("retrieve", () => accounts.retrieve(made.id));
  await step("update", () => accounts.update({ Id: made.id, Industry: null, Website: "https://a.b" }));
  await step("retrieve after update", () => accounts.retrieve(made.id));
  const showcases = connection.sobject("Showcase__c");
  const one = { Key__c: "single-1", Name: "one", Seats__c: 3 };
  await step("upsert creates", () => showcases.upsert(one, "Key__c"));
  await step("upsert updates", () => showcases.upsert({ ...one, Name: "two" }, "Key__c"));
  await step("create many", () => showcases.create(settings.collection));
  await step("upsert many", () =>
    showcases.upsert(settings.collection.slice(0, 2), "Key__c", { allOrNone: true }));
  await step("required field is refused", () => refusal(accounts.create({ Industry: "Banking" })));
  await step("delete", () => accounts.destroy(made.id));
  await step("retrieve after delete", () => refusal(accounts.retrieve(made.id)));
  await step("deleted()", () => accounts.deleted(...settings.window));
  await step("composite request", () => connection.requestPost(
    `/services/data/v${version}/composite`, settings.composite));
}

async function bulk2(connection) {
  connection.bulk2.pollInterval = 200;
  connection.bulk2.pollTimeout = 120000;
  const rows = async (query) => (await connection.bulk2.query(query)).toArray();
  await step("bulk2 query", () => rows(soql.Ledger__c));
  await step("bulk2 query, standard object", () => rows(soql.Opportunity));
  const load = (file, operation, more = {}) => connection.bulk2.loadAndWaitForResults({
    object: "Showcase__c", operation, input: fs.createReadStream(file), pollInterval: 200,
    pollTimeout: 120000, ...more,
  });
  const counts = (results) => Object.fromEntries(
    ["successfulResults", "failedResults", "unprocessedRecords"].map((n) => [n, results[n].length]));
  const back = `${soql.Showcase__c} WHERE Key__c LIKE 'js2-%'`;
  const byKey = { externalIdFieldName: "Key__c" };
  await step("bulk2 insert", () => load(settings.files.new, "insert"), counts);
  await step("read back", () => rows(back));
  await step("bulk2 upsert", () => load(settings.files.changed, "upsert", byKey), counts);
  await step("read back again", () => rows(back));
  await step("bulk2 insert, taken keys", () => load(settings.files.new, "insert"), (results) => ({
    ...counts(results), error: results.failedResults[0].sf__Error,
  }));
  await step("bulk2 delete", async () => {
    const found = await rows("SELECT Id FROM Showcase__c WHERE Key__c LIKE 'js2-%'");
    const input = found.map(({ Id }) => ({ Id }));
    return counts(await connection.bulk2.loadAndWaitForResults({
      object: "Showcase__c", operation: "delete", input, pollInterval: 200, pollTimeout: 120000,
    }));
  });
}

async function bulk1(connection) {
  connection.bulk.pollInterval = 200;
  connection.bulk.pollTimeout = 120000;
  const rows = async (query) => (await connection.bulk.query(query)).toArray();
  const outcome = (results) => ({
    rows: results.length,
    successes: results.filter((one) => one.success).length,
    created: results.filter((one) => one.created).length,
  });
  await step("bulk1 query", () => rows(soql.Opportunity));
  const back = `${soql.Showcase__c} WHERE Key__c LIKE 'js1-%'`;
  await step("bulk1 insert", () =>
    connection.bulk.load("Showcase__c", "insert", settings.records.new), outcome);
  await step("bulk1 read back", () => rows(back));
  await step("bulk1 upsert", () => connection.bulk.load(
    "Showcase__c", "upsert", { extIdField: "Key__c" }, settings.records.changed), outcome);
  await step("bulk1 read back again", () => rows(back));
}

async function main() {
  const [soap, oauth] = await logins();
  await reading(oauth);
  await singleRecords(soap);
  await bulk2(oauth);
  await bulk1(soap);
  const { instanceUrl, accessToken } = oauth;
  await step("SOAP logout", () => soap.logout());
  await step("revoke", () => oauth.logout());
  const late = new jsforce.Connection({ version, instanceUrl, accessToken });
  await step("revoked token is refused", () => refusal(late.query("SELECT Id FROM Account LIMIT 1")));
}

main();
