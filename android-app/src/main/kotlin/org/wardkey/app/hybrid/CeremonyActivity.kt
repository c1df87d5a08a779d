package org.wardkey.app.hybrid

import android.Manifest
import android.content.Intent
import android.content.pm.PackageManager
import android.os.Bundle
import android.provider.Settings
import android.view.View
import android.view.WindowManager
import kotlinx.coroutines.launch
import org.wardkey.app.R
import org.wardkey.app.screens.ScreenActivity
import org.wardkey.app.screens.on
import org.wardkey.app.screens.put
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.app.words.words
import org.wardkey.core.Failure
import org.wardkey.core.Reason
import org.wardkey.core.Step

/**
 * One ceremony with the computer whose code is this activity's address, from the scanner or from a `FIDO:`
 * link anywhere on the phone. Whatever the address says, the core reads it, and the person is asked before
 * anything is signed.
 *
 * No service keeps it in the foreground: a ceremony needs its person at this screen, which stays on while it
 * lasts. Who leaves the screen for good ends the ceremony.
 */
internal open class CeremonyActivity : ScreenActivity() {
    private val code: String get() = intent.dataString.orEmpty()

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        if (isAllowed()) begin() else explain()
    }

    protected open fun ceremonyFor(code: String): Ceremony = PhoneCeremony(this, code)

    private fun isAllowed() =
        checkSelfPermission(Manifest.permission.BLUETOOTH_ADVERTISE) == PackageManager.PERMISSION_GRANTED

    private fun explain() = show(R.layout.ask).run {
        put(R.id.ask_heading, getString(R.string.ceremony_permission))
        put(R.id.ask_reason, getString(R.string.ceremony_permission_reason))
        on(R.id.ask_allow) { requestPermissions(arrayOf(Manifest.permission.BLUETOOTH_ADVERTISE), NEARBY) }
        on(R.id.ask_settings) { openAppSettings() }
    }

    override fun onRequestPermissionsResult(code: Int, permissions: Array<String>, results: IntArray) {
        super.onRequestPermissionsResult(code, permissions, results)
        // Empty when the question was taken away: then nothing changed.
        if (code == NEARBY && results.firstOrNull() == PackageManager.PERMISSION_GRANTED) begin()
    }

    private fun begin() {
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        val ceremony = ceremonyFor(code)
        val screen = show(R.layout.ceremony)
        screen.tell(Step.CODE)
        screen.on(R.id.ceremony_cancel) { ceremony.callOff() }
        scope.launch {
            val telling = launch {
                ceremony.progress.collect { steps -> steps.lastOrNull()?.let { screen.tell(it.step) } }
            }
            val outcome = ceremony.run()
            telling.cancel()
            window.clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
            tell(outcome)
        }
    }

    private fun View.tell(step: Step) = put(R.id.ceremony_step, getString(step.words))

    private fun tell(outcome: Outcome) = show(R.layout.ceremony_result).run {
        on(R.id.result_close) { finish() }
        when (outcome) {
            is Outcome.Done -> {
                put(R.id.result_heading, getString(wordsFor(outcome)))
                put(R.id.result_text, getString(R.string.ceremony_done))
                put(R.id.result_step, "")
                requireViewById<View>(R.id.result_again).visibility = View.GONE
            }
            is Outcome.Failed -> tell(outcome.failure)
        }
    }

    private fun wordsFor(done: Outcome.Done) =
        if (done.registered) R.string.ceremony_registered else R.string.ceremony_signed_in

    private fun View.tell(failure: Failure) {
        put(R.id.result_heading, getString(failure.reason.title))
        put(R.id.result_text, getString(failure.reason.remedy))
        put(R.id.result_step, getString(R.string.ceremony_failed_at, getString(failure.step.words)))
        put(R.id.result_again, getString(nextFor(failure.reason)))
        on(R.id.result_again) { goOn(failure.reason) }
    }

    private fun nextFor(reason: Reason) = when (reason) {
        Reason.BLUETOOTH_OFF -> R.string.ceremony_bluetooth_settings
        Reason.BLUETOOTH_DENIED -> R.string.ask_settings
        else -> R.string.ceremony_again
    }

    private fun goOn(reason: Reason) {
        when (reason) {
            Reason.BLUETOOTH_OFF -> startActivity(Intent(Settings.ACTION_BLUETOOTH_SETTINGS))
            Reason.BLUETOOTH_DENIED -> openAppSettings()
            else -> startActivity(Intent(this, ScanActivity::class.java))
        }
        finish()
    }

    private companion object {
        const val NEARBY = 1
    }
}
