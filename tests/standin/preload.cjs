// Leads requests for https://jules.googleapis.com to the stand-in on 127.0.0.1:$JJM_STANDIN_PORT, and lets no other
// request leave this machine. Load it with `node --require` or NODE_OPTIONS.
"use strict";

const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");

const HOST = "jules.googleapis.com";
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]", "::1"]);
const port = process.env.JJM_STANDIN_PORT;

if (!port) {
  throw new Error("JJM_STANDIN_PORT is not set");
}

function refuse(host) {
  return new Error(`The tests allow no request to ${host}.`);
}

function readOptions(first, second) {
  if (typeof first === "string" || first instanceof URL) {
    const url = new URL(first);
    const path = url.pathname + url.search;
    return { hostname: url.hostname, port: url.port, path, ...(typeof second === "object" ? second : {}) };
  }
  return { ...first };
}

function lead(plain) {
  return function request(...args) {
    const callback = args.find((value) => typeof value === "function");
    const options = readOptions(args[0], args[1]);
    const host = options.hostname || String(options.host || "").split(":")[0];
    if (host !== HOST) {
      throw refuse(host);
    }
    const led = { ...options, protocol: "http:", host: "127.0.0.1", hostname: "127.0.0.1", port, agent: undefined };
    delete led.agents;
    delete led.defaultPort;
    return plain(led, callback);
  };
}

const plainRequest = http.request;
https.request = lead(plainRequest);
https.get = function get(...args) {
  const request = https.request(...args);
  request.end();
  return request;
};

const plainFetch = globalThis.fetch;
globalThis.fetch = async function fetch(resource, options) {
  const url = new URL(typeof resource === "string" || resource instanceof URL ? resource : resource.url);
  if (url.hostname === HOST) {
    const led = new URL(url.pathname + url.search, `http://127.0.0.1:${port}`);
    return plainFetch(resource instanceof Request ? new Request(led, resource) : led, options);
  }
  if (!LOOPBACK.has(url.hostname)) {
    throw refuse(url.hostname);
  }
  return plainFetch(resource, options);
};

syncBuiltinESMExports();
