package org.wardkey.app.screens

import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.ImageView
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.wardkey.app.R
import org.wardkey.app.screens.preflight.Preflight
import org.wardkey.app.screens.preflight.icon
import org.wardkey.app.screens.preflight.openFrom
import org.wardkey.app.screens.preflight.summary
import org.wardkey.app.screens.preflight.words
import org.wardkey.app.words.failure
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.core.Finding
import org.wardkey.core.PasskeyException
import org.wardkey.core.Readiness

/** Is this phone fit to be signed in with, and if not, what is to be done? */
internal class PreflightActivity : ScreenActivity() {
    private lateinit var screen: View
    private var checking: Job? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        screen = show(R.layout.preflight)
        screen.on(R.id.preflight_again, ::check)
    }

    /** Also on the way back from Settings. */
    override fun onStart() {
        super.onStart()
        check()
    }

    private fun check() {
        checking?.cancel()
        screen.put(R.id.preflight_summary, getString(R.string.preflight_checking))
        checking = scope.launch {
            try {
                val configuration = screenWorld.configuration()
                val preflight = Preflight(screenWorld.probes)
                tell(withContext(Dispatchers.IO) { preflight.examine(configuration) })
            } catch (exception: PasskeyException) {
                val reason = exception.failure.reason
                screen.put(R.id.preflight_summary, "${getString(reason.title)}. ${getString(reason.remedy)}")
            }
        }
    }

    /** Seen by tests, which show every finding at once. */
    internal fun tell(readiness: Readiness) {
        screen.put(R.id.preflight_summary, getString(readiness.verdict.summary))
        val list = screen.requireViewById<ViewGroup>(R.id.preflight_findings)
        list.removeAllViews()
        // What needs the user comes first; within a verdict the order stays.
        for (finding in readiness.findings.sortedByDescending { it.verdict }) {
            list.addView(layoutInflater.inflate(R.layout.finding, list, false).also { it.describe(finding) })
        }
    }

    private fun View.describe(finding: Finding) {
        val icon = requireViewById<ImageView>(R.id.finding_icon)
        icon.setImageResource(finding.verdict.icon)
        icon.contentDescription = getString(finding.verdict.words)
        put(R.id.finding_check, getString(finding.check.words))
        put(R.id.finding_text, getString(finding.state.words))
        val button = requireViewById<Button>(R.id.finding_fix)
        val fix = finding.fix
        show(R.id.finding_fix, fix != null)
        if (fix != null) {
            button.setText(fix.words)
            button.setOnClickListener { fix.openFrom(this@PreflightActivity) }
        }
    }
}
