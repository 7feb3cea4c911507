metadata description = 'Optional: every call needs a token of Entra ID, in addition to the function key.'

@description('Name of the app.')
param appName string

@description('Application (client) id of the app registration that stands for the API.')
param clientId string

@description('Object ids of the users, groups or service principals that may call; empty: everybody with a token for the API.')
param allowedPrincipalIds string[]

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName

  resource auth 'config' = {
    name: 'authsettingsV2'
    properties: {
      platform: {
        enabled: true
        runtimeVersion: '~1'
      }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
      }
      httpSettings: {
        requireHttps: true
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: clientId
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          }
          validation: {
            allowedAudiences: [clientId, 'api://${clientId}']
            defaultAuthorizationPolicy: empty(allowedPrincipalIds)
              ? {}
              : { allowedPrincipals: { identities: allowedPrincipalIds } }
          }
        }
      }
      login: {
        tokenStore: {
          enabled: false
        }
      }
    }
  }
}
