package org.wardkey.app.screens

import android.content.Context
import android.content.Intent
import android.os.Bundle
import android.view.View
import kotlinx.coroutines.launch
import org.wardkey.app.R
import org.wardkey.app.words.dayWords
import org.wardkey.app.words.failure
import org.wardkey.app.words.nameWords
import org.wardkey.app.words.remedy
import org.wardkey.app.words.siteWords
import org.wardkey.app.words.title
import org.wardkey.core.Passkey
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.UserFailure

/** One passkey, and the way to remove it. */
internal class DetailsActivity : ScreenActivity() {
    private lateinit var screen: View

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        screen = show(R.layout.details)
        screen.on(R.id.details_close, ::finish)
        val credentialId = intent.getByteArrayExtra(CREDENTIAL_ID)
        scope.launch {
            reportingFailures {
                val passkey = screenWorld.passkeys().find { it.credentialId.contentEquals(credentialId) }
                if (passkey == null) showNotice(getString(R.string.details_gone)) else showPasskey(passkey)
            }
        }
    }

    private fun showPasskey(passkey: Passkey) {
        screen.show(R.id.details_card, true)
        screen.put(R.id.details_site, siteWords(passkey.rpId))
        fact(R.id.details_site_name_label, R.id.details_site_name, nameWords(passkey.rpName.orEmpty()))
        fact(R.id.details_account_label, R.id.details_account, nameWords(passkey.userName))
        fact(R.id.details_person_label, R.id.details_person, nameWords(passkey.displayName))
        screen.putCode(R.id.details_witness, passkey.witness.orEmpty())
        screen.show(R.id.details_witness_label, passkey.witness != null)
        screen.put(R.id.details_created, dayWords(passkey.created))
        val lastUsed = passkey.lastUsed?.let(::dayWords) ?: getString(R.string.details_never)
        screen.put(R.id.details_last_used, lastUsed)
        screen.put(R.id.details_level, levelWords(passkey))
        if (passkey.invalidated) showReason(Reason.KEY_INVALIDATED)
        screen.show(R.id.details_remove, true)
        screen.on(R.id.details_remove) { scope.launch { reportingFailures { askAndRemove(passkey) } } }
    }

    /** A fact that a website may have left out takes its label with it. */
    private fun fact(label: Int, value: Int, words: String) {
        screen.put(value, words)
        screen.show(label, words.isNotEmpty())
    }

    private suspend fun askAndRemove(passkey: Passkey) {
        try {
            removalOf(passkey).askIn(this)
        } catch (_: UserFailure) {
            // Not agreed to, for whatever reason: the passkey stays.
            return
        }
        screen.requireViewById<View>(R.id.details_remove).isEnabled = false
        try {
            screenWorld.remove(this, passkey.credentialId)
        } finally {
            screen.requireViewById<View>(R.id.details_remove).isEnabled = true
        }
        screen.show(R.id.details_card, false)
        screen.show(R.id.details_remove, false)
        showNotice(getString(R.string.removal_done), getString(R.string.removal_site))
    }

    private fun removalOf(passkey: Passkey) =
        Question<Unit>(R.layout.removal, { it.completeExceptionally(UserFailure.Declined()) }) { answer ->
            put(R.id.removal_site, siteWords(passkey.rpId))
            put(R.id.removal_account, nameWords(passkey.userName.ifEmpty { passkey.displayName }))
            put(R.id.removal_meaning, getString(R.string.removal_meaning, siteWords(passkey.rpId)))
            on(R.id.removal_confirm) { answer.complete(Unit) }
            on(R.id.question_cancel) { answer.completeExceptionally(UserFailure.Declined()) }
            // Nothing to lose with a key that is gone already.
            show(R.id.removal_for_good, !passkey.invalidated)
        }

    private suspend fun reportingFailures(work: suspend () -> Unit) = try {
        work()
    } catch (exception: PasskeyException) {
        showReason(exception.failure.reason)
    }

    private fun showReason(reason: Reason) = showNotice(getString(reason.title), getString(reason.remedy))

    private fun showNotice(title: String, text: String = "") {
        screen.put(R.id.details_notice_title, title)
        screen.put(R.id.details_notice_text, text)
        screen.show(R.id.details_notice, true)
    }

    companion object {
        private const val CREDENTIAL_ID = "org.wardkey.app.CREDENTIAL_ID"

        fun intent(context: Context, credentialId: ByteArray): Intent =
            Intent(context, DetailsActivity::class.java).putExtra(CREDENTIAL_ID, credentialId)
    }
}
