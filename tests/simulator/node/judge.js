// Xero's own Node client against the simulator: unmodified, only its fixed addresses lead elsewhere.
// Usage: node judge.js ORIGIN CLIENT_ID CLIENT_SECRET REDIRECT_URI; the client comes from NODE_PATH.
"use strict";
const assert = require("node:assert/strict");
const axios = require("axios");
const { Issuer } = require("openid-client");
const { XeroClient } = require("xero-node");

const [origin, clientId, clientSecret, redirectUri] = process.argv.slice(2);
const discover = Issuer.discover.bind(Issuer);
Issuer.discover = (address) => discover(address.replace("https://identity.xero.com", origin));
axios.interceptors.request.use((request) => {
  request.url = request.url.replace(/^https:\/\/(api|identity)\.xero\.com/, origin);
  return request;
});

const kit = async (path, body, method) => {
  const response = await axios({ url: `${origin}/_sim/${path}`, method: method || "POST", data: body });
  return response.data;
};
const scopes = ("openid profile email offline_access accounting.manualjournals accounting.settings " +
  "accounting.attachments accounting.reports.trialbalance.read").split(" ");
const journal = (narration, more) => ({
  narration, date: "2026-11-20", status: "POSTED", lineAmountTypes: "Inclusive",
  journalLines: [
    { lineAmount: 110.0, accountCode: "615", taxType: "BASEXCLUDED" },
    { lineAmount: -110.0, accountCode: "200", taxType: "OUTPUT", tracking: [{ name: "Department", option: "Bar" }] },
  ], ...more,
});
const refused = async (call, status) => {
  try {
    await call();
  } catch (problem) {
    const parsed = typeof problem === "string" ? JSON.parse(problem) : problem;
    const response = parsed.response || parsed;
    assert.equal(response.statusCode || response.status, status, JSON.stringify(parsed).slice(0, 400));
    return parsed;
  }
  return assert.fail(`expected ${status}`);
};

const steps = {
  async "signs in"(xero, shared) {
    const address = await xero.buildConsentUrl();
    const given = await kit("authorise", {
      address, user: "tess@banksiapark.example", organisations: ["Banksia Park Golf Club Inc"],
    });
    const tokens = await xero.apiCallback(given.location);
    assert.equal(tokens.claims().email, "tess@banksiapark.example");
    const [tenant] = await xero.updateTenants();
    assert.equal(tenant.orgData.name, "Banksia Park Golf Club Inc");
    shared.tenant = tenant.tenantId;
    shared.connection = tenant.id;
  },
  async "refreshes"(xero) {
    const before = xero.readTokenSet().refresh_token;
    await xero.refreshToken();
    await xero.refreshWithRefreshToken(clientId, clientSecret, before);
    assert.notEqual(xero.readTokenSet().refresh_token, before);
  },
  async "reads settings"(xero, { tenant }) {
    const api = xero.accountingApi;
    const accounts = (await api.getAccounts(tenant, undefined, 'Status=="ACTIVE"')).body.accounts;
    assert.ok(accounts.some((account) => account.code === "615"));
    assert.equal((await api.getTaxRates(tenant)).body.taxRates.length, 11);
    const [category] = (await api.getTrackingCategories(tenant)).body.trackingCategories;
    assert.equal(category.options[0].name, "Golf");
    assert.ok((await api.getUsers(tenant)).body.users.length > 1);
    assert.equal((await api.getReportTrialBalance(tenant)).body.reports[0].reportName, "Trial Balance");
  },
  async "creates, updates and voids"(xero, shared) {
    const api = xero.accountingApi;
    const one = await api.createManualJournals(shared.tenant, { manualJournals: [journal("One")] }, false, "key");
    const [made] = one.body.manualJournals;
    assert.equal(made.statusAttributeString, "OK");
    assert.equal(made.journalLines[1].taxAmount, -10);
    assert.equal(new Date(made.date).toISOString(), "2026-11-20T00:00:00.000Z");
    const many = Array.from({ length: 20 }, (_, place) => journal(`J ${place}`));
    const all = await api.createManualJournals(shared.tenant, { manualJournals: many });
    assert.equal(all.body.manualJournals.length, 20);
    const id = made.manualJournalID;
    const edit = { manualJournals: [{ manualJournalID: id, narration: "Edited" }] };
    const edited = await api.updateManualJournal(shared.tenant, id, edit);
    assert.equal(edited.body.manualJournals[0].narration, "Edited");
    const gone = { manualJournals: [{ manualJournalID: id, narration: "Edited", status: "VOIDED" }] };
    await api.updateOrCreateManualJournals(shared.tenant, gone);
    assert.equal((await api.getManualJournal(shared.tenant, id)).body.manualJournals[0].status, "VOIDED");
    shared.journal = all.body.manualJournals[0].manualJournalID;
  },
  async "pages and filters"(xero, { tenant }) {
    const api = xero.accountingApi;
    const page = (await api.getManualJournals(tenant, undefined, undefined, "Narration ASC", 2, 15)).body;
    assert.equal(page.manualJournals.length, 6);
    assert.equal(page.pagination.itemCount, 21);
    const found = (await api.getManualJournals(tenant, undefined, 'Narration=="J 3"')).body.manualJournals;
    assert.deepEqual(found.map((row) => row.narration), ["J 3"]);
    const later = (await api.getManualJournals(tenant, new Date("2100-01-01"))).body.manualJournals;
    assert.equal(later.length, 0);
  },
  async "adds history and attachments"(xero, { tenant, journal: id }) {
    const api = xero.accountingApi;
    await api.createManualJournalHistoryRecord(tenant, id, { historyRecords: [{ details: "Sent by the club" }] });
    const history = (await api.getManualJournalsHistory(tenant, id)).body.historyRecords;
    assert.ok(history.some((record) => record.details === "Sent by the club"));
    await api.createManualJournalAttachmentByFileName(tenant, id, "report.txt", Buffer.from("Takings"));
    const files = (await api.getManualJournalAttachments(tenant, id)).body.attachments;
    assert.deepEqual(files.map((file) => [file.fileName, file.contentLength]), [["report.txt", 7]]);
  },
  async "gets its errors"(xero, { tenant }) {
    const api = xero.accountingApi;
    const bad = journal("Bad", { journalLines: [
      { lineAmount: 100, accountCode: "615" }, { lineAmount: -10, accountCode: "200" }] });
    const problem = await refused(() => api.createManualJournals(tenant, { manualJournals: [bad] }), 400);
    assert.match(JSON.stringify(problem), /The total debits \(100\.00\) must equal total credits \(-10\.00\)/);
    const nowhere = "4f6e1a52-0f0c-4f6e-9d5e-3f4f1c3a7b11";
    await refused(() => api.getManualJournal(tenant, nowhere), 404);
    await refused(() => api.getOrganisations(nowhere), 403);
    await kit("rules", { fault: "429-minute", path: "Organisation$" });
    await refused(() => api.getOrganisations(tenant), 429);
    await kit("tokens/expire", { kind: "access" });
    await refused(() => api.getOrganisations(tenant), 401);
    await xero.refreshToken();
  },
  async "disconnects and revokes"(xero, { connection }) {
    await xero.disconnect(connection);
    assert.deepEqual(await xero.updateTenants(), []);
    await xero.revokeToken();
  },
};

(async () => {
  const xero = new XeroClient({ clientId, clientSecret, redirectUris: [redirectUri], scopes, state: "a-state" });
  const shared = {};
  for (const [name, step] of Object.entries(steps)) {
    await step(xero, shared);
    console.log(`ok ${name}`);
  }
})().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
