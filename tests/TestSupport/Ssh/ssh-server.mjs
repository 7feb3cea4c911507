// A real SSH server for tests: one user, one key, commands run by /bin/sh. Prints one line of JSON when it listens.
// usage: node ssh-server.mjs SSH2_FOLDER
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

const { Server, utils } = createRequire(import.meta.url)(process.argv[2]);
const user = 'backup';
const hostKey = generateKey();
const userKey = generateKey();
const allowed = utils.parseKey(userKey.public);
const blob = utils.parseKey(hostKey.public).getPublicSSH();

// About one key in two hundred that the generator makes, the parser does not take.
function generateKey() {
  for (;;) {
    const pair = utils.generateKeyPairSync('ed25519');
    if (!(utils.parseKey(pair.public) instanceof Error) && !(utils.parseKey(pair.private) instanceof Error)) {
      return pair;
    }
  }
}

const server = new Server({ hostKeys: [hostKey.private] }, client => {
  console.log('connection');
  client.on('error', error => console.log(`error ${error.message}`));
  client.on('authentication', context => {
    console.log(`authentication ${context.method} ${context.username}`);
    const known = context.method === 'publickey' && context.username === user
      && context.key.algo === allowed.type && context.key.data.equals(allowed.getPublicSSH());
    // Without a signature the client only asks whether the key would do.
    if (known && (!context.signature || allowed.verify(context.blob, context.signature, context.hashAlgo) === true)) {
      context.accept();
    } else {
      context.reject(['publickey']);
    }
  });
  client.on('ready', () => client.on('session', accept => {
    const session = accept();
    let child;
    session.on('signal', (accept, _, info) => {
      console.log(`signal ${info.name}`);
      child?.kill(`SIG${info.name}`);
      accept?.();
    });
    session.on('exec', (accept, _, info) => {
      console.log('exec');
      const channel = accept();
      child = spawn('/bin/sh', ['-c', info.command], { stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.pipe(channel, { end: false });
      child.stderr.pipe(channel.stderr, { end: false });
      child.on('close', (code, signal) => {
        if (signal) {
          channel.exit(signal.slice(3));
        } else {
          channel.exit(code);
        }

        channel.end();
      });
    });
  }));
});

server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({
  port: server.address().port,
  user,
  key: userKey.private,
  hostKey: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
})));
