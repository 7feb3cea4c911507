global using ApplicationState = TfeBackup.Operations.Model.ApplicationState;
