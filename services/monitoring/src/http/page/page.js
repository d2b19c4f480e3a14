'use strict';

// Asks this service's JSON doors every two seconds and draws what they say. Text is only ever set as text.

const EVERY_MS = 2000;
const WINDOWS_SHOWN = 14;
const STAGES = [
  ['Inbox', 'ingestion.inbox.'],
  ['Observations', 'ingestion.observations.'],
  ['Rejections', 'ingestion.rejections.'],
  ['Vectors', 'feature.vectors.'],
  ['Predictions', 'serving.predictions.'],
  ['Reports', 'monitoring.reports'],
];
const SERVICES = ['ingestion', 'feature', 'training', 'registry', 'serving', 'monitoring'];
const METRICS = { binary: ['roc_auc', 'average_precision', 'log_loss', 'brier', 'precision', 'recall'], regression: ['rmse', 'mae', 'r2'] };

const $ = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat('en');

const el = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'class') node.className = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

const get = async (path) => {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
};

const figure = (value, digits = 3) => (value === null || value === undefined ? '–' : String(Number(value.toPrecision(digits))));
const percent = (part, all) => (all === 0 ? '–' : `${figure((part / all) * 100, 2)} %`);
const DAY_MS = 86_400_000;
const moment = (iso, lengthMs) => (lengthMs % DAY_MS === 0 ? iso.slice(5, 10) : iso.slice(5, 16).replace('T', ' '));
const windowText = ({ start, end }) => (start.endsWith('T00:00:00.000Z') && Date.parse(end) - Date.parse(start) === DAY_MS ? start.slice(0, 10) : `${start.slice(0, 16).replace('T', ' ')} to ${end.slice(11, 16)}`);
const duration = (ms) => (ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`);

// --- pipeline -------------------------------------------------------------------------------------------------

let before;

const drawFlow = (topics, at) => {
  const sum = (list, prefix) => list.filter(({ topic }) => topic.startsWith(prefix)).reduce((total, { records }) => total + records, 0);
  const items = STAGES.map(([name, prefix]) => {
    const records = sum(topics, prefix);
    const rate = before ? Math.max(0, (records - sum(before.topics, prefix)) / ((at - before.at) / 1000)) : 0;
    const pace = el('span', { class: rate > 0 ? 'rate number moving' : 'rate number' }, rate > 0 ? `${whole.format(Math.round(rate))} /s` : 'quiet');
    return el('li', { class: 'card' }, el('span', { class: 'stage' }, name), el('span', { class: 'count number' }, whole.format(records)), pace);
  });
  $('flow').replaceChildren(...items);
  before = { topics, at };
};

const drawTopics = (topics) => {
  const groups = SERVICES.map((service) => [service, topics.filter(({ topic }) => topic.startsWith(`${service}.`))]).filter(([, list]) => list.length > 0);
  $('topics').replaceChildren(
    ...groups.map(([service, list]) => {
      const rows = list.map(({ topic, records, partitions }) =>
        el('tr', {}, el('td', {}, topic.slice(service.length + 1)), el('td', { class: 'number', title: `${partitions} partitions` }, whole.format(records))),
      );
      return el('section', { class: 'card' }, el('h3', {}, service), el('table', {}, el('tbody', {}, ...rows)));
    }),
  );
  if (groups.length === 0) $('topics').replaceChildren(el('p', { class: 'card empty' }, 'No topic yet.'));
};

// --- alerts ---------------------------------------------------------------------------------------------------

const drawAlerts = (alerts) => {
  if (alerts.length === 0) {
    $('alerts').replaceChildren(el('p', { class: 'card empty' }, 'Nothing is over its limit.'));
    return;
  }
  const rows = alerts.slice(0, 12).map((alert) => {
    const isOpen = alert.state === 'open';
    const sources = alert.sources.map(({ partition, from, to }) => `${partition}: ${from} to ${to - 1}`).join(', ');
    const more = `${alert.deployment}, version ${alert.version}, ${whole.format(alert.rows)} rows; offsets of predictions by partition: ${sources}`;
    return el(
      'div',
      { class: 'alert' },
      el('span', { class: isOpen ? 'badge open' : 'badge good' }, isOpen ? alert.kind : 'resolved'),
      el('span', {}, alert.message),
      el('span', { class: 'when number' }, windowText(alert.window)),
      el('span', { class: 'more' }, alert.resolution ? `${alert.resolution.message} (${windowText(alert.resolution.window)})` : more),
    );
  });
  $('alerts').replaceChildren(el('div', { class: 'card' }, ...rows));
};

// --- deployments ----------------------------------------------------------------------------------------------

const fact = (name, value, note, isOver) =>
  el('div', {}, el('dt', {}, name), el('dd', { class: isOver ? 'number over' : 'number' }, value, note ? el('small', {}, ` ${note}`) : null));

const factsOf = (deployment, reports) => {
  const last = deployment.last;
  if (!last) return el('p', { class: 'empty' }, 'No window has ended yet: a window is reported when later events come.');
  const measured = reports.find(({ performance }) => performance !== null);
  const names = METRICS[deployment.task] ?? [];
  const metric = deployment.metric ?? (deployment.task === 'regression' ? 'rmse' : 'average_precision');
  const decisions = last.decisions.positive + last.decisions.negative;
  return el(
    'dl',
    { class: 'facts' },
    fact('Last window', windowText(last.window), last.revision > 1 ? `revision ${last.revision}` : ''),
    fact('Predictions', whole.format(last.predictions)),
    decisions > 0 ? fact('Decided positive', percent(last.decisions.positive, decisions), whole.format(last.decisions.positive)) : null,
    fact('Drifted features', String(last.drift.drifted), `of ${last.drift.judged} judged`, last.drift.drifted > 0),
    last.score ? fact('Score PSI', figure(last.score.psi), `limit ${last.drift.threshold}`, last.score.drifted === true) : null,
    names.includes(metric)
      ? fact(`Realised ${metric}`, measured ? figure(measured.performance.metrics[metric]) : 'no labels yet', measured ? windowText(measured.window) : '')
      : null,
  );
};

/** A value under its limit is tinted by how near it is; one over it is framed and bold; one of too few rows has no verdict. */
const heat = (column, limit, name) => {
  const value = column?.psi;
  if (value === null || value === undefined) return el('td', { class: 'none', title: `${name}: no values` }, '–');
  const about = `${name}: mean ${figure(column.mean)}, in the reference ${figure(column.mean_reference)}; missing ${percent(column.missing ?? 0, 1)}`;
  if (column.drifted === null) return el('td', { class: 'unsure', title: `too few values to tell; ${about}` }, figure(value, 2));
  const cell = el('td', { class: column.drifted ? 'cell over' : 'cell', title: column.drifted ? `over the limit; ${about}` : about }, figure(value, 2));
  cell.style.setProperty('--heat-share', String(Math.min(1, value / (2 * limit))));
  return cell;
};

const windowsOf = (deployment, reports) => {
  const shown = reports.slice(0, WINDOWS_SHOWN).reverse();
  if (shown.length === 0) return [];
  const row = (name, cell) => el('tr', {}, el('th', { scope: 'row' }, name), ...shown.map(cell));
  const names = [...new Set(shown.flatMap(({ drift }) => drift.features.map(({ name }) => name)))];
  const drift = names.map((name) =>
    row(name, (report) => heat(report.drift.features.find((feature) => feature.name === name), report.drift.threshold, name)),
  );
  const score = row('score', (report) => heat(report.score, report.drift.threshold, 'score'));
  const isMeasured = shown.some(({ performance }) => performance !== null);
  const metrics = (isMeasured ? (METRICS[deployment.task] ?? []) : []).map((name) =>
    row(name, ({ performance }) => el('td', { class: performance ? '' : 'none', title: performance ? `${whole.format(performance.rows)} labelled predictions` : 'labels are not mature' }, figure(performance?.metrics[name]))),
  );
  const lengthMs = deployment.window_ms ?? DAY_MS;
  const heads = shown.map(({ window, version, revision }) => el('th', { scope: 'col', title: `version ${version}, revision ${revision}` }, moment(window.start, lengthMs)));
  const about = `Population stability index of each feature against the reference of its version (limit ${deployment.drift_threshold}), and what labels say`;
  const table = el(
    'table',
    {},
    el('thead', {}, el('tr', {}, el('th', { scope: 'row' }, 'window'), ...heads)),
    el('tbody', {}, row('predictions', ({ predictions }) => el('td', {}, whole.format(predictions)))),
    el('tbody', {}, ...drift, score),
    metrics.length > 0 ? el('tbody', {}, ...metrics) : null,
  );
  const label = `windows of ${deployment.deployment}`;
  return [el('p', { class: 'caption' }, about), el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label }, table)];
};

const drawDeployments = (deployments, reports) => {
  if (deployments.length === 0) {
    $('deployments').replaceChildren(el('p', { class: 'card empty' }, 'No deployment yet: apply one, then train and promote a model.'));
    return;
  }
  const scrolled = new Map([...document.querySelectorAll('.scroll')].map((node) => [node.getAttribute('aria-label'), node.scrollLeft]));
  const cards = deployments.map((deployment) => {
    const known = reports.get(deployment.deployment) ?? [];
    const what = deployment.version === null ? `${deployment.model}, waits for a champion` : `${deployment.model} version ${deployment.version} answers`;
    const watched = deployment.window_ms === null ? null : el('span', { class: 'badge' }, `${deployment.monitor ? `monitor ${deployment.monitor}` : 'default monitor'}, window ${duration(deployment.window_ms)}`);
    return el(
      'article',
      { class: 'card deployment' },
      el('header', {}, el('h3', {}, deployment.deployment), el('span', { class: 'what' }, what), watched),
      factsOf(deployment, known),
      ...windowsOf(deployment, known),
    );
  });
  const focused = document.activeElement?.getAttribute('aria-label');
  $('deployments').replaceChildren(...cards);
  for (const node of document.querySelectorAll('.scroll')) {
    node.scrollLeft = scrolled.get(node.getAttribute('aria-label')) ?? node.scrollWidth;
    if (focused && node.getAttribute('aria-label') === focused) node.focus();
  }
};

// --- the round ------------------------------------------------------------------------------------------------

const say = (state, text) => {
  const live = $('live');
  if (live.textContent !== text) live.textContent = text;
  live.dataset.state = state;
};

let drawn = '';

const look = async () => {
  const overview = await get('/v1/overview');
  $('namespace').textContent = overview.namespace;
  drawFlow(overview.topics, performance.now());
  drawTopics(overview.topics);
  const { alerts } = await get('/v1/alerts');
  const reports = new Map();
  for (const { deployment } of overview.deployments) {
    const answer = await get(`/v1/deployments/${encodeURIComponent(deployment)}/reports?limit=${WINDOWS_SHOWN * 2}`);
    reports.set(deployment, answer.reports);
  }
  const now = JSON.stringify([overview.deployments, alerts, [...reports]]);
  if (now !== drawn) {
    drawAlerts(alerts);
    drawDeployments(overview.deployments, reports);
    drawn = now;
  }
};

const round = async () => {
  try {
    await look();
    say('on', 'live');
  } catch (error) {
    say('off', `no answer, trying again (${error.message})`);
  }
  setTimeout(round, EVERY_MS);
};

round();
