package org.wardkey.app.provider

import android.content.Intent
import android.content.pm.SigningInfo
import android.os.BadParcelableException
import android.os.Bundle
import android.os.Parcelable
import android.service.credentials.CallingAppInfo
import android.service.credentials.CreateCredentialRequest
import android.service.credentials.CredentialProviderService.EXTRA_CREATE_CREDENTIAL_REQUEST
import android.service.credentials.CredentialProviderService.EXTRA_GET_CREDENTIAL_REQUEST
import android.service.credentials.GetCredentialRequest
import android.util.Base64
import androidx.credentials.PublicKeyCredential.Companion.TYPE_PUBLIC_KEY_CREDENTIAL
import org.wardkey.core.AndroidCaller
import org.wardkey.core.wellFormed
import java.security.MessageDigest

/** The extras that Android was to fill in are missing or not what they should be. */
internal class MalformedRequest(message: String) : Exception(message)

/**
 * What somebody wants of the authenticator, and who: WebAuthn's options as JSON, and the caller as Android
 * knows it.
 *
 * Read from the framework's classes, not through androidx: that takes a client data hash of an unexpected
 * type for none, and the passkey would then sign client data of its own making, which registers and fails at
 * every later sign-in.
 */
internal class ProviderRequest(
    val options: String,
    val caller: AndroidCaller,
    val isConditional: Boolean,
) {
    internal companion object {
        /** The registration in [intent]. Throws [MalformedRequest]. */
        fun toCreate(intent: Intent): ProviderRequest {
            val request: CreateCredentialRequest = intent.required(EXTRA_CREATE_CREDENTIAL_REQUEST)
            if (request.type != TYPE_PUBLIC_KEY_CREDENTIAL) throw MalformedRequest("not for a passkey")
            return read(request.data, request.callingAppInfo)
        }

        /** The sign-in in [intent]. Throws [MalformedRequest]. */
        fun toGet(intent: Intent): ProviderRequest {
            val request: GetCredentialRequest = intent.required(EXTRA_GET_CREDENTIAL_REQUEST)
            // Android passes on the one option that the chosen entry was made for.
            val option = request.credentialOptions.singleOrNull { it.type == TYPE_PUBLIC_KEY_CREDENTIAL }
                ?: throw MalformedRequest("not for one passkey")
            return read(option.credentialRetrievalData, request.callingAppInfo)
        }

        private fun read(data: Bundle, app: CallingAppInfo): ProviderRequest {
            return ProviderRequest(data.options, callerOf(app, data), data.isConditional)
        }

        private fun callerOf(app: CallingAppInfo, data: Bundle) = AndroidCaller(
            `package` = app.packageName.wellFormed(),
            signers = app.signingInfo.apkContentsSigners.orEmpty().map { sha256(it.toByteArray()) },
            originalSigner = originalSignerOf(app.signingInfo),
            origin = app.origin?.wellFormed(),
            clientDataHash = clientDataHash(data),
        )

        /** A certificate that was rotated is still known by the one its history begins with. */
        private fun originalSignerOf(info: SigningInfo): ByteArray? {
            if (info.hasMultipleSigners()) return null
            return info.signingCertificateHistory?.firstOrNull()?.let { sha256(it.toByteArray()) }
        }

        /** 32 bytes; some callers are known to send them as text. */
        private fun clientDataHash(data: Bundle): ByteArray? {
            return when (val hash = data.untyped(CLIENT_DATA_HASH)) {
                null -> null
                is ByteArray -> hash
                is String -> decoded(hash)
                else -> throw MalformedRequest("its client data hash is neither bytes nor text")
            }
        }

        private fun decoded(text: String): ByteArray = try {
            Base64.decode(text, Base64.URL_SAFE)
        } catch (_: IllegalArgumentException) {
            throw MalformedRequest("its client data hash is not base64url")
        }

        private inline fun <reified T : Parcelable> Intent.required(name: String): T {
            val value = try {
                getParcelableExtra(name, T::class.java)
            } catch (_: BadParcelableException) {
                null
            }
            return value ?: throw MalformedRequest("${T::class.java.simpleName} is missing")
        }

        private fun sha256(bytes: ByteArray) = MessageDigest.getInstance("SHA-256").digest(bytes)

        private const val CLIENT_DATA_HASH = "androidx.credentials.BUNDLE_KEY_CLIENT_DATA_HASH"
    }
}

/** Asked for without anybody's knowledge. Throws [MalformedRequest] if it says neither yes nor no. */
internal val Bundle.isConditional: Boolean
    get() = when (val conditional = untyped("androidx.credentials.BUNDLE_KEY_IS_CONDITIONAL_REQUEST")) {
        null -> false
        is Boolean -> conditional
        else -> throw MalformedRequest("whether it is conditional is neither true nor false")
    }

/** WebAuthn's options, JSON. Throws [MalformedRequest] if there are none. */
internal val Bundle.options: String
    get() = getString("androidx.credentials.BUNDLE_KEY_REQUEST_JSON")?.wellFormed()
        ?: throw MalformedRequest("it has no options")

/** The extra whatever its type: the typed getters would turn a wrong one into "none". */
@Suppress("DEPRECATION")
private fun Bundle.untyped(name: String): Any? = try {
    get(name)
} catch (_: BadParcelableException) {
    throw MalformedRequest("one of its extras is of a class that nobody knows")
}
