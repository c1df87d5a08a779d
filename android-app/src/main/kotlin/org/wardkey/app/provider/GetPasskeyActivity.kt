package org.wardkey.app.provider

import android.content.Intent
import androidx.credentials.GetCredentialResponse
import androidx.credentials.PublicKeyCredential
import androidx.credentials.exceptions.GetCredentialCancellationException
import androidx.credentials.exceptions.GetCredentialException
import androidx.credentials.exceptions.GetCredentialInterruptedException
import androidx.credentials.exceptions.GetCredentialUnknownException
import androidx.credentials.exceptions.domerrors.EncodingError
import androidx.credentials.exceptions.publickeycredential.GetPublicKeyCredentialDomException
import androidx.credentials.provider.PendingIntentHandler
import org.wardkey.core.GetRequest
import org.wardkey.core.PasskeyException

/** Signs in with the passkey that was chosen. */
internal class GetPasskeyActivity : CeremonyActivity<GetCredentialException>() {
    override suspend fun perform(parts: Parts): Ending {
        val request = ProviderRequest.toGet(intent)
        val chosen = intent.getByteArrayExtra(ProviderEntries.EXTRA_CREDENTIAL_ID)
            ?: throw MalformedRequest("no passkey was chosen")
        val wanted = GetRequest(request.options, chosen, parts.line)
        val response = parts.wardkey.provider.get(wanted, request.caller, parts.keys, parts.user)
        val result = Intent().also {
            val credential = PublicKeyCredential(response)
            PendingIntentHandler.setGetCredentialResponse(it, GetCredentialResponse(credential))
        }
        // Whoever asked shows that the person is signed in.
        return Ending(result)
    }

    override fun resultOf(exception: GetCredentialException): Intent =
        Intent().also { PendingIntentHandler.setGetCredentialException(it, exception) }

    override fun exceptionOf(failure: PasskeyException) = failure.toGetException()

    override fun malformed(failure: MalformedRequest) =
        GetPublicKeyCredentialDomException(EncodingError(), failure.message)

    override fun cancelled() = GetCredentialCancellationException()

    override fun interrupted() = GetCredentialInterruptedException()

    override fun unknown() = GetCredentialUnknownException()
}
