// What pages cannot do without a script: ask before what cannot be undone, copy, follow what is under way, show an upload's progress.
'use strict';

const pause = 2000;

document.addEventListener('submit', event => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) {
    event.preventDefault();
  }
});

for (const button of document.querySelectorAll('[data-copy]')) {
  const form = button.form;
  const status = form.querySelector('[data-copied]');
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      const body = new FormData(form);
      body.append('copy', 'true');
      const answer = await fetch(button.dataset.copy, { method: 'POST', body });
      if (!answer.ok) {
        throw new Error(`the service answered ${answer.status}; sign in again`);
      }

      await navigator.clipboard.writeText(await answer.text());
      status.textContent = 'The token is on the clipboard.';
    } catch (error) {
      status.textContent = `The token could not be copied: ${error.message}. Show it, then copy it by hand.`;
    }
  });
}

// Sections that change by themselves name the address that renders them.
let following = false;
let tries = 0;

async function follow() {
  for (const section of document.querySelectorAll(tries-- > 0 ? '[data-live], [data-section]' : '[data-live]')) {
    try {
      const answer = await fetch(section.dataset.live ?? section.dataset.section);
      if (answer.ok && !answer.redirected && !section.contains(document.activeElement)) {
        section.outerHTML = await answer.text();
      }
    } catch {
      // The service is not to be reached now; it is asked again.
    }
  }

  following = tries > 0 || document.querySelector('[data-live]') !== null;
  if (following) {
    setTimeout(follow, pause);
  }
}

// What was just asked for is not on the page yet, and may take a moment to begin or to be written down.
function followSoon() {
  tries = 5;
  if (!following) {
    following = true;
    setTimeout(follow, pause);
  }
}

if (document.querySelector('[data-live]')) {
  followSoon();
}

for (const form of document.querySelectorAll('[data-starts]')) {
  form.addEventListener('submit', followSoon);
}

function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit++) {
    bytes /= 1000;
  }

  return `${bytes.toFixed(unit === 0 || bytes >= 100 ? 0 : bytes >= 10 ? 1 : 2)} ${units[unit]}`;
}

for (const form of document.querySelectorAll('[data-restore]')) {
  const upload = form.querySelector('[data-upload]');
  const progress = upload.querySelector('progress');
  const sent = form.querySelector('[data-sent]');
  const cancel = form.querySelector('[data-cancel]');
  const outcome = form.querySelector('[data-outcome]');
  const fields = [...form.querySelectorAll('input, button:not([type=button])')];
  let busy = false;

  function show(isGood, text) {
    outcome.className = `notice ${isGood ? 'good' : 'bad'}`;
    outcome.setAttribute('role', isGood ? 'status' : 'alert');
    outcome.hidden = false;
    outcome.textContent = text;
  }

  function end(isGood, text) {
    busy = false;
    upload.hidden = true;
    fields.forEach(field => field.disabled = false);
    show(isGood, text);
    followSoon();
  }

  addEventListener('beforeunload', event => {
    if (busy) {
      event.preventDefault();
    }
  });

  form.addEventListener('submit', event => {
    event.preventDefault();
    const config = { password: form.elements.password.value };
    if (form.elements.overwrite?.value) {
      config.overwrite = form.elements.overwrite.value;
    }

    // In this order the backup is restored as it arrives.
    const body = new FormData();
    body.append('config', new Blob([JSON.stringify(config)], { type: 'application/json' }), 'request.json');
    body.append('snapshot', form.elements.snapshot.files[0]);

    const request = new XMLHttpRequest();
    const started = performance.now();
    request.open('POST', form.action);
    request.setRequestHeader('RequestVerificationToken', form.elements.__RequestVerificationToken.value);
    request.setRequestHeader('Operation-Id', 'dashboard-' + [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join(''));
    request.upload.onprogress = event => {
      progress.value = event.loaded / event.total;
      const rate = event.loaded / Math.max(1, performance.now() - started) * 1000;
      sent.textContent = `${size(event.loaded)} of ${size(event.total)} sent, ${size(rate)}/s`;
    };
    request.upload.onload = () => {
      busy = false;
      cancel.hidden = true;
      progress.removeAttribute('value');
      sent.textContent = 'All of it is sent. The restore goes on, even if this page is closed.';
    };
    request.onload = () => {
      if (request.status === 200) {
        form.elements.password.value = '';
        end(true, 'Everything was restored. Now restart the application: stop, then start it.');
        return;
      }

      let reason = request.status === 401 ? 'The session is over. Sign in again, then repeat it.' : `The service answered ${request.status}.`;
      try {
        reason = JSON.parse(request.responseText).detail ?? reason;
      } catch {
        // Not the service's own words.
      }

      end(false, reason);
    };
    request.onerror = () => end(false, 'The connection was lost. If all of the backup had been sent, the restore goes on: see below what became of it. Otherwise nothing was changed.');
    request.onabort = () => end(false, 'The upload was cancelled. Nothing was changed.');
    cancel.onclick = () => request.abort();

    busy = true;
    fields.forEach(field => field.disabled = true);
    progress.value = 0;
    sent.textContent = '';
    cancel.hidden = false;
    outcome.hidden = true;
    upload.hidden = false;
    request.send(body);
    followSoon();
  });
}
