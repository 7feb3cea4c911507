// The configuration document as app settings. The document's keys are the reader's own (src/Workflows/Configuration);
// what is written in a parameter file reaches it unchanged, so a key the reader does not know stops the app's start by name.

@description('Installations by name, each as `Installations:<name>` of the configuration document.')
@export()
type Installations = {
  @description('1 to 40 lower-case letters and digits. No hyphens: on Linux an app setting cannot have them in its name.')
  *: Installation
}

@description('What the deployment itself looks at; everything else is passed on as it is.')
type Installation = {
  @description('Address below which `/_backup/api/v1` answers; not needed in mode `Direct`.')
  Endpoint: string?

  @description('Name of the Key Vault secret that holds the backup API\'s token.')
  TokenSecret: string?

  @description('Name of the Key Vault secret that holds the password of the backups.')
  PasswordSecret: string

  @description('When backups are due, as 6-field NCRONTAB in UTC.')
  Schedule: string?

  @description('How old the newest verified backup may be before the alert fires, as `[days.]hours:minutes:seconds`.')
  Rpo: string?

  @description('Restores the newest backup into a scratch installation on a schedule of its own.')
  Drill: {
    @description('Name of the scratch installation.')
    Into: string

    @description('6-field NCRONTAB.')
    Schedule: string?

    #disable-next-line no-explicit-any // Keys of a document that another component reads.
    *: any
  }?

  @description('How the application is restarted.')
  Restart: object?

  #disable-next-line no-explicit-any // Keys of a document that another component reads.
  *: any
}

// Objects become `key__inner`, lists `key__0`, `key__1` …, scalars text. What something is can be seen from the first two
// characters of its JSON within a list; its JSON alone would not tell the text "[a]" from a list.
func flattenOnce(section object) object =>
  reduce(
    items(section),
    {},
    (flat, entry) =>
      union(
        flat,
        startsWith(string([entry.value]), '[{')
          ? toObject(items(entry.value), inner => '${entry.key}__${inner.key}', inner => inner.value)
          : startsWith(string([entry.value]), '[[')
              ? toObject(range(0, length(entry.value)), index => '${entry.key}__${index}', index => entry.value[index])
              : startsWith(string([entry.value]), '[null') ? {} : { '${entry.key}': string(entry.value) }
      )
  )

@description('A section of the configuration document as app settings. `Installations:<name>:Direct:ObjectStore:Kind` is as deep as it gets; one more level is allowed for.')
@export()
func toAppSettings(section object) object => reduce(range(0, 6), section, (flat, pass) => flattenOnce(flat))

@description('The installations, unless a name among them cannot be part of an app setting\'s name.')
@export()
func checkNames(installations object) object =>
  empty(filter(items(installations), installation => contains(installation.key, '-')))
    ? installations
    : fail('installations: ${join(map(filter(items(installations), installation => contains(installation.key, '-')), installation => installation.key), ', ')}: expected lower-case letters and digits only. App settings are environment variables, and on Linux their names cannot hold a hyphen')

@description('`subscription/resource group` of every virtual machine or scale set that is restarted by managed run command, each once.')
@export()
func runCommandScopes(installations object) string[] =>
  reduce(
    filter(
      map(
        items(installations),
        installation => string(installation.value.?Restart.?VirtualMachine ?? installation.value.?Restart.?ScaleSet ?? '')
      ),
      id => startsWith(id, '/subscriptions/')
    ),
    [],
    (scopes, id) => union(scopes, ['${split(id, '/')[2]}/${split(id, '/')[4]}'])
  )

func installationRow(name string, installation object, defaultRpo string) string =>
  '    "${name}", time(${installation.?Rpo ?? defaultRpo}), ${contains(installation, 'Drill')}'

@description('The installations that are backed up, for queries: silence of one of them can only be seen by who knows that it should speak. An installation with neither schedule nor RPO, such as the scratch one of drills, is not among them.')
@export()
func installationsTable(installations object, defaultRpo string) string =>
  'let Installations = datatable(Installation: string, Rpo: timespan, HasDrill: bool) [\n${join(map(filter(items(installations), installation => contains(installation.value, 'Schedule') || contains(installation.value, 'Rpo')), installation => installationRow(installation.key, installation.value, defaultRpo)), ',\n')}\n];'
