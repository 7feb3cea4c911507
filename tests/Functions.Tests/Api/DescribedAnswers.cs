namespace TfeBackup.Functions.Tests.Api;

/// <summary>Lets no answer pass that <c>openapi.json</c> does not describe, in whichever test it comes.</summary>
internal sealed class DescribedAnswers() : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (request.RequestUri!.AbsolutePath != "/api/openapi.json")
        {
            await answer.Content.LoadIntoBufferAsync(cancellationToken);
            Assert.Empty(await ApiDescription.Shipped.FindFaultsAsync(request.Method, request.RequestUri.AbsolutePath, answer));
        }

        return answer;
    }
}
