package org.wardkey.app.provider

import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.os.SystemClock
import android.service.credentials.Action
import android.service.credentials.BeginCreateCredentialRequest
import android.service.credentials.BeginCreateCredentialResponse
import android.service.credentials.BeginGetCredentialOption
import android.service.credentials.BeginGetCredentialRequest
import android.service.credentials.BeginGetCredentialResponse
import android.service.credentials.CredentialEntry
import androidx.annotation.StringRes
import androidx.credentials.PublicKeyCredential.Companion.TYPE_PUBLIC_KEY_CREDENTIAL
import androidx.credentials.provider.AuthenticationAction
import androidx.credentials.provider.BeginGetPublicKeyCredentialOption
import androidx.credentials.provider.CreateEntry
import androidx.credentials.provider.PublicKeyCredentialEntry
import org.wardkey.app.R
import org.wardkey.app.Wardkey
import org.wardkey.app.keys.keyProtection
import org.wardkey.app.screens.PreflightActivity
import org.wardkey.app.words.nameWords
import org.wardkey.core.BeginCreate
import org.wardkey.core.BeginGet
import org.wardkey.core.CreateOffer
import org.wardkey.core.CreateRequest
import org.wardkey.core.Obstacle
import org.wardkey.core.Passkey
import org.wardkey.core.wellFormed
import java.security.SecureRandom
import java.time.Instant
import java.util.concurrent.atomic.AtomicInteger
import android.service.credentials.CreateEntry as FrameworkCreateEntry

/**
 * The lines that this app has in Android's selector. Made without touching the hardware: the selector waits,
 * and nobody has agreed to anything yet.
 */
internal class ProviderEntries(private val context: Context, private val wardkey: Wardkey) {
    /**
     * One line to make the passkey asked for; or, where something stands in the way, one that leads to what
     * to do about it. Throws [MalformedRequest] or [PasskeyException].
     */
    suspend fun toCreate(request: BeginCreateCredentialRequest): BeginCreateCredentialResponse {
        wardkey.reconfigure()
        if (request.type != TYPE_PUBLIC_KEY_CREDENTIAL) throw MalformedRequest("not for a passkey")
        val wanted = CreateRequest(request.data.options, request.data.isConditional)
        val caller = request.callingAppInfo?.packageName?.wellFormed()
        val begun = wardkey.provider.beginCreate(wanted, caller, context.keyProtection())
        val entry = when (begun) {
            is BeginCreate.Offer -> createEntry(begun.offer)
            is BeginCreate.Obstacle -> obstacleEntry(begun.obstacle)
        }
        val line = FrameworkCreateEntry(checkNotNull(CreateEntry.toSlice(entry), NO_SLICE))
        return BeginCreateCredentialResponse.Builder().addCreateEntry(line).build()
    }

    /**
     * A line for each passkey that fits, or one that leads to what keeps all of them from being used. Throws
     * [MalformedRequest] or [PasskeyException].
     */
    suspend fun toGet(request: BeginGetCredentialRequest): BeginGetCredentialResponse {
        wardkey.reconfigure()
        val response = BeginGetCredentialResponse.Builder()
        val protection = context.keyProtection()
        val app = request.callingAppInfo
        val caller = app?.packageName?.wellFormed()
        val origin = app?.origin?.wellFormed()
        val asked = request.beginGetCredentialOptions.filter { it.type == TYPE_PUBLIC_KEY_CREDENTIAL }
        val found = asked.flatMap { option ->
            val options = option.candidateQueryData.options
            when (val begun = wardkey.provider.beginGet(options, caller, origin, protection)) {
                is BeginGet.Passkeys -> begun.passkeys.map { getEntry(option, it) }
                is BeginGet.Obstacle -> return response.lead(begun.obstacle)
            }
        }
        return (if (found.isEmpty()) response else response.setCredentialEntries(found)).build()
    }

    private fun createEntry(offer: CreateOffer): CreateEntry {
        val intent = intentFor(CreatePasskeyActivity::class.java)
        val account = nameWords(offer.account).ifEmpty { context.getString(R.string.app_name) }
        return CreateEntry.Builder(account, intent)
            .setDescription(descriptionFor(offer.rpId))
            .setPublicKeyCredentialCount(offer.passkeys.toInt())
            .setTotalCredentialCount(offer.passkeys.toInt())
            .setLastUsedTime(offer.lastUsed?.toInstant())
            .build()
    }

    private fun descriptionFor(rpId: String?): String {
        if (rpId == null) return context.getString(R.string.provider_create_description)
        // androidx takes 300 characters; and it is the end of such a name that says whose it is.
        val site = if (rpId.length <= LONGEST_SITE) rpId else "…" + rpId.takeLast(LONGEST_SITE)
        return context.getString(R.string.provider_create_description_for, site)
    }

    private fun getEntry(asked: BeginGetCredentialOption, passkey: Passkey): CredentialEntry {
        val name = nameWords(passkey.displayName)
        val account = nameWords(passkey.userName).ifEmpty { name }.ifEmpty { passkey.rpId }
        val intent = intentFor(GetPasskeyActivity::class.java) {
            putExtra(EXTRA_CREDENTIAL_ID, passkey.credentialId)
        }
        val person = when {
            name.isEmpty() -> passkey.rpId
            else -> context.getString(R.string.provider_person_and_site, name, passkey.rpId)
        }
        val data = asked.candidateQueryData
        val option = BeginGetPublicKeyCredentialOption(data, asked.id, data.options)
        val entry = PublicKeyCredentialEntry.Builder(context, account, intent, option)
            .setDisplayName(person)
            .setLastUsedTime(passkey.lastUsed?.toInstant())
            .build()
        return CredentialEntry(asked, checkNotNull(PublicKeyCredentialEntry.toSlice(entry), NO_SLICE))
    }

    private fun obstacleEntry(obstacle: Obstacle): CreateEntry =
        CreateEntry.Builder(context.getString(R.string.provider_not_ready), preflight())
            .setDescription(context.getString(obstacle.words))
            .build()

    private fun BeginGetCredentialResponse.Builder.lead(obstacle: Obstacle): BeginGetCredentialResponse {
        val action = AuthenticationAction.Builder(context.getString(obstacle.words), preflight()).build()
        return addAuthenticationAction(Action(AuthenticationAction.toSlice(action))).build()
    }

    private fun preflight() = pendingIntent(Intent(context, PreflightActivity::class.java))

    private fun intentFor(activity: Class<*>, more: Intent.() -> Unit = {}): PendingIntent = pendingIntent(
        Intent(context, activity).putExtra(EXTRA_OFFERED, SystemClock.elapsedRealtime()).apply(more),
    )

    /**
     * Android fills in the request, so it must be mutable; explicit, so that nothing filled in can lead
     * elsewhere; under a number of its own, or Android would take two lines for one.
     */
    private fun pendingIntent(intent: Intent): PendingIntent = PendingIntent.getActivity(
        context,
        nextRequestCode.getAndIncrement(),
        intent,
        PendingIntent.FLAG_MUTABLE or PendingIntent.FLAG_CANCEL_CURRENT,
    )

    private fun ULong.toInstant(): Instant = Instant.ofEpochSecond(toLong())

    internal companion object {
        /** The passkey that was chosen: its credential id, bytes. */
        const val EXTRA_CREDENTIAL_ID = "org.wardkey.app.extra.CREDENTIAL_ID"

        /** When the line was made: milliseconds on the clock that counts from the phone's start. */
        const val EXTRA_OFFERED = "org.wardkey.app.extra.OFFERED"

        /** Characters. */
        private const val LONGEST_SITE = 150

        private val NO_SLICE = { "androidx makes no slice on this Android" }

        /** Begins anywhere: an earlier process may have lines in a selector that is still open. */
        private val nextRequestCode = AtomicInteger(SecureRandom().nextInt())
    }
}

/** The obstacle and what to do about it. */
@get:StringRes
private val Obstacle.words: Int
    get() = when (this) {
        Obstacle.NO_SCREEN_LOCK -> R.string.provider_no_screen_lock
        Obstacle.NO_BIOMETRICS -> R.string.provider_no_biometrics
        Obstacle.NO_SECURE_ELEMENT -> R.string.provider_no_secure_element
        Obstacle.STORAGE -> R.string.provider_storage
    }
