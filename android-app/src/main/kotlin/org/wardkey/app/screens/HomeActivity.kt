package org.wardkey.app.screens

import android.content.Intent
import android.os.Bundle
import android.util.Log
import android.view.View
import android.view.ViewGroup
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.wardkey.app.R
import org.wardkey.app.screens.preflight.Preflight
import org.wardkey.app.words.failure
import org.wardkey.app.words.lastUsedWords
import org.wardkey.app.words.nameWords
import org.wardkey.app.words.remedy
import org.wardkey.app.words.siteWords
import org.wardkey.app.words.title
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.Failure
import org.wardkey.core.Passkey
import org.wardkey.core.PasskeyException
import org.wardkey.core.Verdict

/** The screen behind the launcher's icon: what is on this phone, and the way to scan. */
internal class HomeActivity : ScreenActivity() {
    private lateinit var home: View
    private var filling: Job? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        home = show(R.layout.home)
        home.on(R.id.home_scan) { startActivity(scanIntent()) }
        for (button in listOf(R.id.home_preflight, R.id.home_not_ready)) {
            home.on(button) { startActivity(Intent(this, PreflightActivity::class.java)) }
        }
        for (button in listOf(R.id.home_diagnostics, R.id.home_failure_diagnostics)) {
            home.on(button) { startActivity(Intent(this, DiagnosticsActivity::class.java)) }
        }
        scope.launch { sweep() }
    }

    /** Passkeys come and go, and settings change, while another screen is in front. */
    override fun onStart() {
        super.onStart()
        filling?.cancel()
        filling = scope.launch {
            try {
                val configuration = screenWorld.configuration()
                showReadiness(configuration)
                showPasskeys(screenWorld.passkeys())
            } catch (exception: PasskeyException) {
                showFailure(exception.failure)
            }
        }
    }

    /** Nobody waits for it, so nobody is told: each ceremony does it too. */
    private suspend fun sweep() = try {
        screenWorld.sweep(this)
    } catch (exception: PasskeyException) {
        Log.w(TAG, "keys of no passkey are not looked for: ${exception.failure.reason}")
    }

    private suspend fun showReadiness(configuration: ConfigurationReport) {
        val readiness = withContext(Dispatchers.IO) {
            Preflight(screenWorld.probes).examineAtOnce(configuration)
        }
        home.show(R.id.home_not_ready, readiness.verdict == Verdict.FAIL)
        // A package without the scanner's screen offers none.
        val scanner = configuration.scanner && scanIntent().resolveActivityInfo(packageManager, 0) != null
        home.show(R.id.home_scan, scanner)
        home.show(R.id.home_explanation, scanner)
        home.show(R.id.home_scan_off, !configuration.scanner)
    }

    private fun showPasskeys(passkeys: List<Passkey>) {
        home.show(R.id.home_failure, false)
        val note = if (passkeys.isEmpty()) getString(R.string.home_no_passkeys) else ""
        home.put(R.id.home_passkeys_note, note)
        val list = home.requireViewById<ViewGroup>(R.id.home_passkeys)
        list.removeAllViews()
        for (passkey in passkeys) {
            val row = layoutInflater.inflate(R.layout.passkey, list, false)
            row.describe(passkey)
            row.setOnClickListener { startActivity(DetailsActivity.intent(this, passkey.credentialId)) }
            list.addView(row)
        }
    }

    private fun showFailure(failure: Failure) {
        home.put(R.id.home_passkeys_note, "")
        home.requireViewById<ViewGroup>(R.id.home_passkeys).removeAllViews()
        home.put(R.id.home_failure_title, getString(failure.reason.title))
        home.put(R.id.home_failure_remedy, getString(failure.reason.remedy))
        home.show(R.id.home_failure, true)
    }

    private fun View.describe(passkey: Passkey) {
        put(R.id.passkey_site, siteWords(passkey.rpId))
        put(R.id.passkey_account, nameWords(passkey.userName.ifEmpty { passkey.displayName }))
        put(R.id.passkey_last_used, lastUsedWords(passkey.lastUsed))
        put(R.id.passkey_level, levelWords(passkey))
        show(R.id.passkey_invalidated, passkey.invalidated)
        show(R.id.passkey_level, !passkey.invalidated)
    }

    /** Named, because the scanner is another's screen. */
    private fun scanIntent() = Intent().setClassName(this, "org.wardkey.app.hybrid.ScanActivity")

    private companion object {
        const val TAG = "Wardkey"
    }
}
