// The configuration document as app settings. The document's keys are the reader's own (src/Operations/Configuration);
// what is written in a parameter file reaches it unchanged, so a key the reader does not know stops the app's start by name.

@description('Installations by name, each as `Installations:<name>` of the configuration document.')
@export()
type Installations = {
  @description('1 to 40 lower-case letters and digits. No hyphens: on Linux an app setting cannot have them in its name.')
  *: Installation
}

@description('What the deployment itself looks at; everything else is passed on as it is.')
type Installation = {
  @description('`Api`, the default, or `Direct`: the app itself connects to database, objects and Vault, where no service stands beside the installation.')
  Mode: ('Api' | 'Direct')?

  @description('Address below which `/_backup/api/v1` answers; none in mode `Direct`.')
  Endpoint: string?

  @description('Name of the Key Vault secret that holds the backup API\'s token; none in mode `Direct`.')
  TokenSecret: string?

  @description('Where the data is, in mode `Direct` alone.')
  Direct: Direct?

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

@description('Where the data of an installation is that nothing stands beside. No keys but these.')
type Direct = {
  @description('Npgsql connection string without a password: `Host=…;Database=…;Username=…;SSL Mode=VerifyFull`.')
  Postgres: string

  @description('`true`: the app\'s identity is the user, and a token of Entra ID its password.')
  PostgresEntra: bool?

  @description('Name of the Key Vault secret that holds the user\'s password, without `PostgresEntra`.')
  PostgresPasswordSecret: string?

  @description('Schemas; every one that is not the server\'s own by default.')
  Schemas: string[]?

  @description('Relations to leave out, as `schema.relation`, or schemas, as `schema.*`.')
  Exclude: string[]?

  @description('Further tables that may hold rows in a new, empty installation.')
  BookkeepingTables: string[]?

  @description('The application\'s version, recorded in every backup.')
  ProductVersion: string?

  @description('Its objects.')
  ObjectStore: {
    @description('The app has no disk of the installation.')
    Kind: 'AzureBlob'

    @description('Container.')
    Container: string

    @description('`https://<account>.blob.core.windows.net`, reached with the app\'s identity.')
    ServiceUri: string?

    @description('Or the name of the Key Vault secret that holds a connection string.')
    ConnectionStringSecret: string?

    @description('Whether Vault encrypts objects at rest; by default where there is a Vault.')
    Encrypted: bool?
  }

  @description('Its Vault; none where Vault encrypts nothing.')
  Vault: {
    @description('Address.')
    Address: string

    @description('Namespace of Vault Enterprise or HCP Vault.')
    Namespace: string?

    @description('Name of the Key Vault secret that holds a Vault token, without `RoleId`.')
    TokenSecret: string?

    @description('Or the role id to log in with (AppRole).')
    RoleId: string?

    @description('Name of the Key Vault secret that holds the secret id of `RoleId`.')
    SecretIdSecret: string?

    @description('Mount of the AppRole method; `approle` by default.')
    AuthMount: string?

    @description('Transit mount; `transit` by default.')
    Mount: string?

    @description('The application\'s name in key names.')
    App: string?

    @description('Key of the objects; `<app>_archivist` by default.')
    ObjectKey: string?

    @description('Further encrypted columns: `schema.table.column` to Transit key, or to `none`.')
    Columns: { *: string }?
  }?
}

@description('What `Direct` installations keep their data in, so far as it is in Azure.')
@export()
type DirectServices = {
  @description('Containers of objects.')
  containers: {
    @description('Id of the storage account.')
    accountId: string

    @description('Name of the container.')
    name: string
  }[]?

  @description('Ids of PostgreSQL flexible servers with public access or private endpoints. One in a network of its own is peered with instead.')
  postgresServerIds: string[]?
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

@description('Ids of the virtual machines and scale sets that are restarted by managed run command, each once.')
@export()
func runCommandMachines(installations object) string[] =>
  reduce(
    filter(
      map(
        items(installations),
        installation => string(installation.value.?Restart.?VirtualMachine ?? installation.value.?Restart.?ScaleSet ?? '')
      ),
      id => startsWith(id, '/subscriptions/')
    ),
    [],
    (machines, id) => union(machines, [id])
  )

@description('`subscription/resource group` of machines, each once.')
@export()
func resourceGroupsOf(machines string[]) string[] =>
  reduce(machines, [], (groups, id) => union(groups, ['${split(id, '/')[2]}/${split(id, '/')[4]}']))

@description('Id of every AKS cluster whose deployment is restarted by the cluster\'s id, each once.')
@export()
func restartedClusters(installations object) string[] =>
  union(
    filter(
      map(items(installations), installation => string(installation.value.?Restart.?Cluster ?? '')),
      id => startsWith(id, '/subscriptions/')
    ),
    []
  )

func installationRow(name string, installation object, defaultRpo string) string =>
  '    "${name}", time(${installation.?Rpo ?? defaultRpo}), ${contains(installation, 'Drill')}'

@description('The installations that are backed up, for queries: silence of one of them can only be seen by who knows that it should speak. An installation with neither schedule nor RPO, such as the scratch one of drills, is not among them.')
@export()
func installationsTable(installations object, defaultRpo string) string =>
  'let Installations = datatable(Installation: string, Rpo: timespan, HasDrill: bool) [\n${join(map(filter(items(installations), installation => contains(installation.value, 'Schedule') || contains(installation.value, 'Rpo')), installation => installationRow(installation.key, installation.value, defaultRpo)), ',\n')}\n];'
