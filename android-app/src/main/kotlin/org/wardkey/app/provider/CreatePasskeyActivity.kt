package org.wardkey.app.provider

import android.content.Intent
import androidx.credentials.CreatePublicKeyCredentialResponse
import androidx.credentials.exceptions.CreateCredentialCancellationException
import androidx.credentials.exceptions.CreateCredentialException
import androidx.credentials.exceptions.CreateCredentialInterruptedException
import androidx.credentials.exceptions.CreateCredentialUnknownException
import androidx.credentials.exceptions.domerrors.EncodingError
import androidx.credentials.exceptions.publickeycredential.CreatePublicKeyCredentialDomException
import androidx.credentials.provider.PendingIntentHandler
import org.wardkey.app.screens.ResultActivity
import org.wardkey.core.CreateRequest
import org.wardkey.core.PasskeyException
import org.wardkey.core.Use

/** Makes the passkey that was asked for. */
internal class CreatePasskeyActivity : CeremonyActivity<CreateCredentialException>() {
    override suspend fun perform(parts: Parts): Ending {
        val request = ProviderRequest.toCreate(intent)
        val wanted = CreateRequest(request.options, request.isConditional, parts.line)
        val made = parts.wardkey.provider.create(wanted, request.caller, parts.keys, parts.user)
        val result = Intent().also {
            val response = CreatePublicKeyCredentialResponse(made.response)
            PendingIntentHandler.setCreateCredentialResponse(it, response)
        }
        return Ending(result, ResultActivity.success(this, Use.REGISTER, made.witness))
    }

    override fun resultOf(exception: CreateCredentialException): Intent =
        Intent().also { PendingIntentHandler.setCreateCredentialException(it, exception) }

    override fun exceptionOf(failure: PasskeyException) = failure.toCreateException()

    override fun malformed(failure: MalformedRequest) =
        CreatePublicKeyCredentialDomException(EncodingError(), failure.message)

    override fun cancelled() = CreateCredentialCancellationException()

    override fun interrupted() = CreateCredentialInterruptedException()

    override fun unknown() = CreateCredentialUnknownException()
}
