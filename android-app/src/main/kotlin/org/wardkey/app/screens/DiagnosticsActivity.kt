package org.wardkey.app.screens

import android.content.ClipData
import android.content.ClipboardManager
import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.view.View
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.wardkey.app.BuildVariant
import org.wardkey.app.R
import org.wardkey.app.screens.diagnostics.DiagnosticFacts
import org.wardkey.app.screens.diagnostics.Passkeys
import org.wardkey.app.screens.diagnostics.report
import org.wardkey.app.screens.preflight.Preflight
import org.wardkey.app.words.failure
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.InternalException
import org.wardkey.core.PasskeyException

/** What support needs to know, to be copied or shared by the user and by nobody else. */
internal class DiagnosticsActivity : ScreenActivity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val screen = show(R.layout.diagnostics)
        scope.launch { screen.showReport(facts().report()) }
    }

    private fun View.showReport(report: String) {
        put(R.id.diagnostics_report, report)
        show(R.id.diagnostics_actions, true)
        // Android itself confirms that something was copied.
        on(R.id.diagnostics_copy) {
            val clip = ClipData.newPlainText(getString(R.string.diagnostics_heading), report)
            getSystemService(ClipboardManager::class.java).setPrimaryClip(clip)
        }
        on(R.id.diagnostics_share) {
            val text = Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, report)
            startActivity(Intent.createChooser(text, getString(R.string.diagnostics_share)))
        }
    }

    private suspend fun facts(): DiagnosticFacts {
        val configuration = configuration()
        val preflight = Preflight(screenWorld.probes)
        return DiagnosticFacts(
            app = appWords(),
            android = androidWords(),
            device = "${Build.MANUFACTURER} ${Build.MODEL}",
            core = examineCore(),
            configuration = configuration,
            findings = withContext(Dispatchers.IO) {
                configuration?.let { preflight.examine(it).findings }.orEmpty()
            },
            passkeys = passkeys(),
            failures = withContext(Dispatchers.IO) { screenWorld.failures.recent() },
        )
    }

    private fun androidWords(): String {
        val version = "${Build.VERSION.RELEASE} (API ${Build.VERSION.SDK_INT})"
        return "$version, patches of ${Build.VERSION.SECURITY_PATCH}"
    }

    private fun appWords(): String {
        val info = packageManager.getPackageInfo(packageName, 0)
        return "$packageName ${info.versionName} (${info.longVersionCode}), ${BuildVariant.of(this)}"
    }

    private suspend fun configuration(): ConfigurationReport? = try {
        screenWorld.configuration()
    } catch (_: PasskeyException) {
        null
    }

    /** A library that does not load, or fails in itself, is exactly what support has to hear of. */
    private suspend fun examineCore(): Result<CoreFacts> = try {
        Result.success(screenWorld.examineCore())
    } catch (failure: LinkageError) {
        Result.failure(failure)
    } catch (failure: InternalException) {
        Result.failure(failure)
    }

    private suspend fun passkeys(): Passkeys = try {
        Passkeys.Listed(screenWorld.passkeys())
    } catch (exception: PasskeyException) {
        Passkeys.Unreadable(exception.failure.reason)
    }
}
