// The schemes once more, written from their descriptions for Node.js and its own cryptography, with no package: messages
// as providers send them, over random keys, bodies and ids. Knows nothing of the crate. Arguments: a seed, and how many
// messages to make of each scheme. Prints a message a line, as JSON.
import { createHash, createHmac, generateKeyPairSync, sign as signWith } from 'node:crypto';

const NOW = 1_760_000_000;
const URL = 'https://hooks.example/receive?a=1&b=%20x';

// Chance that can be had again: the first bytes of a hash of the seed and a counter.
const seed = process.argv[2];
let drawn = 0;
const bytes = (length) => {
  const parts = [];
  for (let have = 0; have < length; have += 32) parts.push(createHash('sha256').update(`${seed}:${drawn++}`).digest());
  return Buffer.concat(parts).subarray(0, length);
};
const below = (limit) => bytes(4).readUInt32LE() % limit;
const pick = (list) => list[below(list.length)];
const text = (length) => Array.from({ length }, () => String.fromCharCode(97 + below(26))).join('');
const body = () => pick([
  () => bytes(below(600)),
  () => Buffer.from(JSON.stringify({ n: below(1000), text: `{body}$&é${text(20)}` })),
  () => Buffer.from(JSON.stringify({ list: [text(5), { a: null }] }, null, 2)),
])();

const hmac = (hash, key, ...content) => {
  const mac = createHmac(hash, key);
  content.forEach((part) => mac.update(part));
  return mac.digest();
};
const sha256 = (...content) => {
  const hash = createHash('sha256');
  content.forEach((part) => hash.update(part));
  return hash.digest();
};
const rfc3339 = new Date(NOW * 1000).toISOString().replace('.000', '');
const plain = () => ({ secret: text(32), body: body() });

// A keyed hash over the body alone.
const overBody = (header, hash, encoding, prefix = '') => () => {
  const m = plain();
  return { ...m, headers: { [header]: prefix + hmac(hash, m.secret, m.body).toString(encoding) } };
};
// `t=…,v1=…` and its like.
const packed = (header, { time = NOW, t = 't', v = 'v1', between = ',', joint = '.', encoding = 'hex' } = {}) => () => {
  const m = plain();
  const signature = hmac('sha256', m.secret, `${time}${joint}`, m.body).toString(encoding);
  return { ...m, headers: { [header]: `${t}=${time}${between}${v}=${signature}` } };
};
const standard = (prefix, write = (key) => `whsec_${key.toString('base64')}`) => () => {
  const key = bytes(24 + below(41));
  const m = { secret: write(key), body: body(), id: `msg_${text(12)}` };
  const signature = hmac('sha256', key, `${m.id}.${NOW}.`, m.body).toString('base64');
  const headers = { [`${prefix}-id`]: m.id, [`${prefix}-timestamp`]: `${NOW}`, [`${prefix}-signature`]: `v1,${signature}` };
  return { ...m, headers };
};
const v0 = (prefix) => () => {
  const m = plain();
  const signature = hmac('sha256', m.secret, `v0:${NOW}:`, m.body).toString('hex');
  return { ...m, headers: { [`${prefix}-signature`]: `v0=${signature}`, [`${prefix}-request-timestamp`]: `${NOW}` } };
};
const form = (hash, header) => () => {
  const names = Array.from({ length: 1 + below(5) }, () => pick(['Body', 'From', 'a', 'B', 'b', text(3)]));
  const pairs = names.map((name) => [name, pick(['', '1', 'x y', 'é+&=', text(8)])]);
  const unique = [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  unique.sort(([a, x], [b, y]) => order(a, b) || order(x, y));
  const secret = text(32);
  const signature = hmac(hash, secret, URL + unique.flat().join('')).toString('base64');
  const headers = { [header]: signature, 'content-type': 'application/x-www-form-urlencoded' };
  return { secret, url: URL, headers, body: Buffer.from(new URLSearchParams(pairs).toString()) };
};

const b64url = (value) => Buffer.from(value).toString('base64url');
const token = (alg, key, claims, header = {}) => {
  const content = `${b64url(JSON.stringify({ alg, typ: 'JWT', ...header }))}.${b64url(JSON.stringify(claims))}`;
  const signature = alg.startsWith('HS')
    ? hmac(`sha${alg.slice(2)}`, key, content)
    : signWith('sha256', content, { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${b64url(signature)}`;
};

const pem = (key) => key.export({ type: 'spki', format: 'pem' });
const spki = (key) => key.export({ type: 'spki', format: 'der' });
// One of each a run: a key of RSA takes a moment. Node draws these itself, so a seed does not bring them back.
const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

const crc32 = (data) => {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

const schemes = {
  github: overBody('x-hub-signature-256', 'sha256', 'hex', 'sha256='),
  discourse: overBody('x-discourse-event-signature', 'sha256', 'hex', 'sha256='),
  bitbucket: overBody('x-hub-signature', 'sha256', 'hex', 'sha256='),
  meta: overBody('x-hub-signature-256', 'sha256', 'hex', 'sha256='),
  whatsapp: overBody('x-hub-signature-256', 'sha256', 'hex', 'sha256='),
  intercom: overBody('x-hub-signature', 'sha1', 'hex', 'sha1='),
  vercel: overBody('x-vercel-signature', 'sha1', 'hex'),
  dropbox: overBody('x-dropbox-signature', 'sha256', 'hex'),
  sentry: overBody('sentry-hook-signature', 'sha256', 'hex'),
  asana: overBody('x-hook-signature', 'sha256', 'hex'),
  lemonsqueezy: overBody('x-signature', 'sha256', 'hex'),
  typeform: overBody('typeform-signature', 'sha256', 'base64', 'sha256='),
  pagerduty: overBody('x-pagerduty-signature', 'sha256', 'hex', 'v1='),
  circleci: overBody('circleci-signature', 'sha256', 'hex', 'v1='),
  line: overBody('x-line-signature', 'sha256', 'base64'),
  heroku: overBody('heroku-webhook-hmac-sha256', 'sha256', 'base64'),
  docusign: overBody('x-docusign-signature-1', 'sha256', 'base64'),
  woocommerce: overBody('x-wc-webhook-signature', 'sha256', 'base64'),
  razorpay: overBody('x-razorpay-signature', 'sha256', 'hex'),
  gocardless: overBody('webhook-signature', 'sha256', 'hex'),
  'coinbase-commerce': overBody('x-cc-webhook-signature', 'sha256', 'hex'),
  pusher: overBody('x-pusher-signature', 'sha256', 'hex'),
  calcom: overBody('x-cal-signature-256', 'sha256', 'hex'),
  doppler: overBody('x-doppler-signature', 'sha256', 'hex', 'sha256='),
  x: overBody('x-twitter-webhooks-signature', 'sha256', 'base64', 'sha256='),
  sha1Verifier: overBody('rw-webhook-signature', 'sha1', 'hex', 'sha1='),
  sha256Verifier: overBody('rw-webhook-signature', 'sha256', 'hex', 'sha256='),
  shopify: () => {
    const m = overBody('x-shopify-hmac-sha256', 'sha256', 'base64')();
    const more = { topic: 'orders/create', 'shop-domain': 'a.example', 'api-version': '2025-01', 'webhook-id': text(8) };
    for (const [name, value] of Object.entries(more)) m.headers[`x-shopify-${name}`] = value;
    return m;
  },
  'adyen-banking': () => {
    const key = bytes(32);
    const m = { secret: key.toString('hex'), body: body() };
    const headers = { hmacsignature: hmac('sha256', key, m.body).toString('base64'), protocol: 'HmacSHA256' };
    return { ...m, headers };
  },
  base64Sha1Verifier: () => {
    const key = bytes(20);
    const m = { secret: key.toString('base64'), body: body() };
    return { ...m, headers: { 'rw-webhook-signature': hmac('sha1', key, m.body).toString('base64') } };
  },
  base64Sha256Verifier: () => {
    const key = bytes(32);
    const m = { secret: key.toString('base64'), body: body() };
    return { ...m, headers: { 'rw-webhook-signature': hmac('sha256', key, m.body).toString('base64') } };
  },

  stripe: packed('stripe-signature'),
  mux: packed('mux-signature'),
  calendly: packed('calendly-webhook-signature'),
  paddle: packed('paddle-signature', { t: 'ts', v: 'h1', between: ';', joint: ':' }),
  workos: packed('workos-signature', { time: NOW * 1000, between: ', ' }),
  sanity: packed('sanity-webhook-signature', { time: NOW * 1000, encoding: 'base64url' }),
  timestampSchemeVerifier: packed('rw-webhook-signature', { time: NOW * 1000 }),
  standardwebhooks: standard('webhook'),
  'gitlab-signing-token': standard('webhook'),
  svix: standard('svix'),
  clerk: standard('svix'),
  resend: standard('svix', (key) => key.toString('base64')),
  openai: standard('webhook'),
  slack: v0('x-slack'),
  zoom: v0('x-zm'),
  linear: () => {
    const m = { secret: text(32), body: Buffer.from(JSON.stringify({ type: text(5), webhookTimestamp: NOW * 1000 })) };
    return { ...m, headers: { 'linear-signature': hmac('sha256', m.secret, m.body).toString('hex') } };
  },
  twitch: () => {
    const m = { ...plain(), id: text(36) };
    const signature = hmac('sha256', m.secret, m.id, rfc3339, m.body).toString('hex');
    const part = (name) => `twitch-eventsub-message-${name}`;
    return { ...m, headers: { [part('id')]: m.id, [part('timestamp')]: rfc3339, [part('signature')]: `sha256=${signature}` } };
  },
  zendesk: () => {
    const m = plain();
    const headers = {
      'x-zendesk-webhook-signature-timestamp': rfc3339,
      'x-zendesk-webhook-signature': hmac('sha256', m.secret, rfc3339, m.body).toString('base64'),
    };
    return { ...m, headers };
  },
  box: () => {
    const m = plain();
    const headers = {
      'box-delivery-timestamp': rfc3339, 'box-signature-version': '1', 'box-signature-algorithm': 'HmacSHA256',
      'box-signature-primary': hmac('sha256', m.secret, m.body, rfc3339).toString('base64'),
    };
    return { ...m, headers };
  },
  contentful: () => {
    const m = { ...plain(), url: 'https://hooks.example/receive?a=1&b=x' };
    const headers = { 'x-contentful-timestamp': `${NOW * 1000}`, 'x-contentful-topic': text(6) };
    const listed = Object.keys(headers).sort();
    headers['x-contentful-signed-headers'] = listed.join(',');
    const canonical = listed.map((name) => `${name}:${headers[name]}`).join(';');
    const path = `/receive?${encodeURI(encodeURIComponent('a=1&b=x'))}`;
    const content = ['POST', path, canonical, m.body.toString('latin1')].join('\n');
    headers['x-contentful-signature'] = hmac('sha256', m.secret, Buffer.from(content, 'latin1')).toString('hex');
    return { ...m, headers };
  },

  'hubspot-v1': () => {
    const m = plain();
    return { ...m, headers: { 'x-hubspot-signature': sha256(m.secret, m.body).toString('hex') } };
  },
  'hubspot-v2': () => {
    const m = { ...plain(), url: URL };
    return { ...m, headers: { 'x-hubspot-signature': sha256(m.secret, 'POST', URL, m.body).toString('hex') } };
  },
  'hubspot-v3': () => {
    const m = { ...plain(), url: URL };
    const signature = hmac('sha256', m.secret, 'POST', URL, m.body, `${NOW * 1000}`).toString('base64');
    return { ...m, headers: { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': `${NOW * 1000}` } };
  },
  square: () => {
    const m = { ...plain(), url: URL };
    return { ...m, headers: { 'x-square-hmacsha256-signature': hmac('sha256', m.secret, URL, m.body).toString('base64') } };
  },
  trello: () => {
    const m = { ...plain(), url: URL };
    return { ...m, headers: { 'x-trello-webhook': hmac('sha1', m.secret, m.body, URL).toString('base64') } };
  },
  mandrill: form('sha1', 'x-mandrill-signature'),
  twilio: () => pick([
    form('sha1', 'x-twilio-signature'),
    () => {
      const m = form('sha256', 'x-twilio-signature')();
      m.headers['x-twilio-webhooks-signature-settings'] = 'key=SK1,algorithm=HMAC_SHA256';
      return m;
    },
    () => {
      const m = plain();
      m.url = `${URL}&bodySHA256=${sha256(m.body).toString('hex')}`;
      return { ...m, headers: { 'x-twilio-signature': hmac('sha1', m.secret, m.url).toString('base64') } };
    },
  ])(),

  mailgun: () => {
    const secret = text(32);
    const id = text(50);
    const signature = hmac('sha256', secret, `${NOW}`, id).toString('hex');
    const json = () => JSON.stringify({ signature: { timestamp: `${NOW}`, token: id, signature }, 'event-data': { n: below(9) } });
    const fields = () => new URLSearchParams({ subject: text(4), timestamp: NOW, token: id, signature }).toString();
    return { secret, id, headers: {}, body: Buffer.from(pick([json, fields])()) };
  },
  'adyen-payments': () => {
    const key = bytes(32);
    const items = Array.from({ length: 1 + below(3) }, () => {
      const item = {
        pspReference: text(16), originalReference: pick(['', text(16)]), merchantAccountCode: text(8),
        merchantReference: text(8), amount: { value: below(100000), currency: 'EUR' }, eventCode: 'AUTHORISATION',
        success: pick(['true', 'false']),
      };
      const { amount } = item;
      const content = [
        item.pspReference, item.originalReference, item.merchantAccountCode, item.merchantReference, amount.value,
        amount.currency, item.eventCode, item.success,
      ].join(':');
      return { NotificationRequestItem: { ...item, additionalData: { hmacSignature: hmac('sha256', key, content).toString('base64') } } };
    });
    return { secret: key.toString('hex'), headers: {}, body: Buffer.from(JSON.stringify({ live: 'false', notificationItems: items })) };
  },
  braintree: () => {
    const secret = text(32);
    const payload = bytes(below(200)).toString('base64');
    const signature = hmac('sha1', createHash('sha1').update(secret).digest(), payload).toString('hex');
    const fields = new URLSearchParams({ bt_signature: `${text(6)}|${text(40)}&pub|${signature}`, bt_payload: payload });
    return { secret, headers: {}, body: Buffer.from(fields.toString()) };
  },

  discord: () => {
    const m = { body: body() };
    const signature = signWith(null, Buffer.concat([Buffer.from(`${NOW}`), m.body]), ed25519.privateKey).toString('hex');
    const publicKey = pick([spki(ed25519.publicKey).subarray(-32).toString('hex'), pem(ed25519.publicKey)]);
    return { ...m, publicKey, headers: { 'x-signature-ed25519': signature, 'x-signature-timestamp': `${NOW}` } };
  },
  'standardwebhooks-v1a': () => {
    const m = { body: body(), id: `msg_${text(9)}` };
    const content = Buffer.concat([Buffer.from(`${m.id}.${NOW}.`), m.body]);
    const signature = signWith(null, content, ed25519.privateKey).toString('base64');
    const publicKey = `whpk_${spki(ed25519.publicKey).subarray(-32).toString('base64')}`;
    const headers = { 'webhook-id': m.id, 'webhook-timestamp': `${NOW}`, 'webhook-signature': `v1,${text(43)}= v1a,${signature}` };
    return { ...m, publicKey, headers };
  },
  sendgrid: () => {
    const m = { body: body() };
    const signature = signWith('sha256', Buffer.concat([Buffer.from(`${NOW}`), m.body]), p256.privateKey).toString('base64');
    const part = 'x-twilio-email-event-webhook';
    const publicKey = spki(p256.publicKey).toString('base64');
    return { ...m, publicKey, headers: { [`${part}-signature`]: signature, [`${part}-timestamp`]: `${NOW}` } };
  },
  paypal: () => {
    const m = { ...plain(), id: text(36), publicKey: pem(rsa.publicKey) };
    const content = `${m.id}|${rfc3339}|${m.secret}|${crc32(m.body)}`;
    const part = (name) => `paypal-${name}`;
    const headers = {
      [part('transmission-id')]: m.id, [part('transmission-time')]: rfc3339, [part('auth-algo')]: 'SHA256withRSA',
      [part('cert-url')]: 'https://api.paypal.com/v1/notifications/certs/CERT-1',
      [part('transmission-sig')]: signWith('sha256', Buffer.from(content), rsa.privateKey).toString('base64'),
    };
    return { ...m, headers };
  },
  'aws-sns': () => {
    const version = pick(['1', '2']);
    const message = {
      Type: 'Notification', MessageId: text(36), TopicArn: 'arn:aws:sns:eu-west-1:1:t', Message: `${text(9)}\n"é"`,
      Timestamp: pick([rfc3339, rfc3339.replace('Z', '.123Z')]), ...pick([{}, { Subject: text(7) }]),
    };
    const lines = Object.keys(message).sort().map((name) => `${name}\n${message[name]}\n`);
    const signature = signWith(version === '1' ? 'sha1' : 'sha256', Buffer.from(lines.join('')), rsa.privateKey).toString('base64');
    const url = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem';
    const sent = { ...message, SignatureVersion: version, Signature: signature, SigningCertURL: url, UnsubscribeURL: 'https://x' };
    return { publicKey: pem(rsa.publicKey), id: message.MessageId, headers: {}, body: Buffer.from(JSON.stringify(sent)) };
  },

  netlify: () => {
    const m = plain();
    const claims = { iss: 'netlify', sha256: sha256(m.body).toString('hex') };
    return { ...m, headers: { 'x-webhook-signature': token('HS256', m.secret, claims) } };
  },
  qstash: () => {
    const m = { ...plain(), url: URL };
    const hash = sha256(m.body).toString('base64url') + pick(['', '=']);
    const claims = { iss: 'Upstash', sub: URL, exp: NOW + 300, nbf: NOW, iat: NOW, jti: text(9), body: hash };
    return { ...m, headers: { 'upstash-signature': token('HS256', m.secret, claims) } };
  },
  plaid: () => {
    const m = { body: body() };
    const claims = { iat: NOW, request_body_sha256: sha256(m.body).toString('hex') };
    const jwk = { ...p256.publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'ES256', use: 'sig' };
    const publicKey = pick([JSON.stringify(jwk), JSON.stringify({ keys: [jwk] }), pem(p256.publicKey)]);
    return { ...m, publicKey, headers: { 'plaid-verification': token('ES256', p256.privateKey, claims, { kid: 'key-1' }) } };
  },
  vonage: () => {
    const m = plain();
    const claims = { iss: 'Vonage', iat: NOW, jti: text(9), payload_hash: sha256(m.body).toString('hex') };
    return { ...m, headers: { authorization: `Bearer ${token('HS256', m.secret, claims)}` } };
  },
  messagebird: () => {
    const m = { ...plain(), url: URL };
    const claims = { iss: 'MessageBird', nbf: NOW, exp: NOW + 60, jti: text(9), url_hash: sha256(URL).toString('hex') };
    if (m.body.length > 0) claims.payload_hash = sha256(m.body).toString('hex');
    return { ...m, headers: { 'messagebird-signature-jwt': token(pick(['HS256', 'HS384', 'HS512']), m.secret, claims) } };
  },
  jwtVerifier: () => {
    const m = plain();
    return { ...m, headers: { 'rw-webhook-signature': token(pick(['HS256', 'HS384', 'HS512']), m.secret, { exp: NOW + 9 }) } };
  },
};

const rounds = Number(process.argv[3]);
for (const [scheme, make] of Object.entries(schemes)) {
  for (let round = 0; round < rounds; round++) {
    const { body: sent, ...message } = make();
    console.log(JSON.stringify({ scheme, url: '/receive', ...message, body: sent.toString('base64') }));
  }
}
