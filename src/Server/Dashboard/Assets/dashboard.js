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
async function follow() {
  for (const section of document.querySelectorAll('[data-live]')) {
    try {
      const answer = await fetch(section.dataset.live);
      if (answer.ok && !answer.redirected && !section.contains(document.activeElement)) {
        section.outerHTML = await answer.text();
      }
    } catch {
      // The service is not to be reached now; it is asked again.
    }
  }

  if (document.querySelector('[data-live]')) {
    setTimeout(follow, pause);
  }
}

if (document.querySelector('[data-live]')) {
  setTimeout(follow, pause);
}
