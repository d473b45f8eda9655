#!/usr/bin/env node
// Measures the login page, the sign-up page and the home page of a logged-in user with Lighthouse,
// as on a mobile phone, on a fresh Latchkey. Fails unless every category scores 100.
//
// Accessibility, best practices and SEO depend on nothing but the pages. Performance is computed
// for a simulated slow phone and network, but from what Chromium did on this machine: if it is
// busy, the score is lower. It is therefore the median of 3 runs. With CI=true, each page is
// measured once, and its performance is printed but may be anything, so that no build fails by
// chance; there, a test in browser/ limits what a page transfers instead.
//
// It needs Go, Chromium (or its path in CHROME_PATH), and `npm ci` in .ci/node.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(new URL('node/package.json', import.meta.url));
const load = async (name) => (await import(pathToFileURL(require.resolve(name)))).default;
const lighthouse = await load('lighthouse');
const puppeteer = await load('puppeteer-core');

const isCI = process.env.CI === 'true';
const runs = isCI ? 1 : 3;
const user = { name: 'marisol', password: 'correct horse battery' };

/** Starts Latchkey in the folder and returns its process and its URL. */
async function startLatchkey(folder) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const program = join(folder, 'latchkey');
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('go build failed');
  const settings = { ADDR: '127.0.0.1:0', LOG_FORMAT: 'json', ADMIN_NAME: user.name, ADMIN_PASSWORD: user.password };
  const server = spawn(program, { cwd: folder, env: { ...process.env, ...settings }, stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface(server.stderr)) {
    const { url } = JSON.parse(line);
    if (url) return { server, url };
  }
  throw new Error('Latchkey did not start');
}

async function logIn(page, url) {
  await page.goto(`${url}/login`);
  await page.waitForSelector('#log-in:enabled');
  await page.type('#username', user.name);
  await page.type('#password', user.password);
  await page.click('#log-in');
  await page.waitForSelector('#content:not([hidden])');
}

/** Measures once. Sometimes Lighthouse loses track of Chromium, which says nothing about the page. */
async function measure(page, url, isLoggedIn) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runLighthouse(page, url, isLoggedIn);
    } catch (error) {
      if (attempt === 3) throw error;
      console.log(`${new URL(url).pathname}: measured again after: ${error.message}`);
    }
  }
}

/** Runs Lighthouse with an empty cache. A user who is logged in stays so. */
async function runLighthouse(page, url, isLoggedIn) {
  const devTools = await page.createCDPSession();
  await devTools.send('Network.clearBrowserCache');
  await devTools.detach();
  const flags = { disableStorageReset: isLoggedIn, throttlingMethod: 'simulate', logLevel: 'error' };
  const { lhr } = await lighthouse(url, flags, undefined, page);
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  return lhr;
}

/** Returns whether the page reaches its scores, and prints them. */
async function check(page, url, isLoggedIn) {
  const results = [];
  for (let run = 0; run < runs; run++) results.push(await measure(page, url, isLoggedIn));
  const scoreOf = (result, category) => Math.round(result.categories[category].score * 100);
  results.sort((a, b) => scoreOf(a, 'performance') - scoreOf(b, 'performance'));
  const result = results[Math.floor(runs / 2)];
  const scores = Object.keys(result.categories).map((category) => [category, scoreOf(result, category)]);
  const machine = `speed of this machine: ${Math.round(result.environment.benchmarkIndex)}`;
  console.log(`${new URL(url).pathname}: ${scores.map((score) => score.join(' ')).join(', ')} (${machine})`);
  for (const [category, score] of scores) {
    if (score === 100) continue;
    for (const { id, weight } of result.categories[category].auditRefs) {
      const audit = result.audits[id];
      if (weight > 0 && audit.score !== null && audit.score < 1) console.log(`  ${audit.title}: ${audit.displayValue ?? 'failed'}`);
    }
  }
  return scores.every(([category, score]) => score === 100 || (isCI && category === 'performance'));
}

const folder = mkdtempSync(join(tmpdir(), 'latchkey-lighthouse-'));
let server;
let browser;
try {
  let url;
  ({ server, url } = await startLatchkey(folder));
  browser = await puppeteer.launch({
    executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
    userDataDir: join(folder, 'profile'),
    args: ['--no-sandbox', '--disable-gpu'], // the pages are our own, and CI runs as root
  });
  const page = await browser.newPage();
  console.log(`Lighthouse ${require('lighthouse/package.json').version}, ${await browser.version()}, mobile`);
  const reached = [await check(page, `${url}/login`, false), await check(page, `${url}/register`, false)];
  await logIn(page, url);
  reached.push(await check(page, `${url}/`, true));
  if (reached.includes(false)) process.exitCode = 1;
} finally {
  await browser?.close();
  if (server && server.exitCode === null) {
    server.kill();
    await once(server, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
}
